/** What is known of one address that did not answer. */
interface Silence {
  retryAtMs: number;
}

/** How long an address that did not answer is left alone. */
const silentMs = 30_000;

/** Addresses remembered; of more the one that was silent first is forgotten. */
const silentMax = 4096;

/**
 * Which addresses did not answer of late, so that not every connection waits for them. One that
 * may be tried again is tried beside the way that works, never before it.
 */
export class Reachability {
  readonly #silent = new Map<string, Silence>();
  readonly #nowMs: () => number;

  /** @param nowMs - A clock that only goes forward. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether nothing bad is known of an address. */
  isHopeful(address: string): boolean {
    return !this.#silent.has(address);
  }

  /** Whether it is time to try a silent address again; asks the caller to, once. */
  takeRetry(address: string): boolean {
    const silence = this.#silent.get(address);
    if (silence === undefined || this.#nowMs() < silence.retryAtMs) return false;
    silence.retryAtMs = this.#nowMs() + silentMs;
    return true;
  }

  failed(address: string): void {
    this.#silent.delete(address);
    this.#silent.set(address, { retryAtMs: this.#nowMs() + silentMs });
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > silentMax && oldest !== undefined) this.#silent.delete(oldest);
  }

  answered(address: string): void {
    this.#silent.delete(address);
  }
}
