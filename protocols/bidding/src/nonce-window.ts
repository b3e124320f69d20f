import { elapsedMs, type Instant, type Now, type Random } from "@beemesh/base";

/** How far a sender's clock may be from ours, both in mesh time. */
export const skewMsMax = 30_000;
/** Nonces that are remembered: a thousand messages in each of the sixty seconds that count. */
const noncesMax = 65_536;

/**
 * Lets each message through once: what is older than the window is refused by its time, and
 * what is younger by its nonce, if that has been seen.
 */
export class NonceWindow {
  /** When each nonce was first seen, oldest first. */
  readonly #seenAt = new Map<string, Instant>();

  /** Whether the time lies within the window and the nonce is new. Remembers it if so. */
  admit(nonce: string, wallMs: number, now: Now): boolean {
    if (Math.abs(now.wallMs - wallMs) > skewMsMax || this.#seenAt.has(nonce)) return false;
    this.#seenAt.set(nonce, now.at);
    this.#forget(now.at);
    return true;
  }

  #forget(at: Instant): void {
    for (const [nonce, seenAt] of this.#seenAt) {
      // A clock that is ahead by the whole skew keeps a message fresh for twice the skew.
      const recent = elapsedMs(seenAt, at) <= 2 * skewMsMax;
      if (recent && this.#seenAt.size <= noncesMax) return;
      this.#seenAt.delete(nonce);
    }
  }
}

/** A new nonce: 64 bits of chance in base 36. */
export function newNonce(random: Random): string {
  const half = (): string => random.below(2 ** 32).toString(36);
  return `${half()}.${half()}`;
}
