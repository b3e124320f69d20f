import type { Endpoint } from "@beemesh/workload";
import { Carrier, type CarrierKeeper } from "./carrier.ts";
import type { Dialer, DialFailure } from "./dialer.ts";
import { carriersEachMax } from "./limits.ts";

/** Idle carriers to one endpoint: so many connections can begin at once without a handshake. */
const idleEachMax = 32;

/** Idle carriers to all endpoints; each costs some 50 KB at either end. */
const idleMax = 256;

/** A carrier that was idle for so long is closed; less than the other end holds it. */
const idleMsMax = 60_000;
const sweepMs = 10_000;

interface Idle {
  readonly carrier: Carrier;
  readonly since: number;
}

/** Carriers to other sidecars that wait for their next connection. */
export class Pool implements CarrierKeeper {
  readonly #dialer: Dialer;
  readonly #onMade: (uid: string) => void;
  /** By uid of the endpoint; the one used last is taken first, so that the rest can go. */
  readonly #idle = new Map<string, Idle[]>();
  readonly #uidOf = new Map<Carrier, string>();
  /** Carriers to one endpoint, those that are being made too. */
  readonly #sizeOf = new Map<string, number>();
  readonly #warming = new Set<string>();
  #stale = new WeakSet<Carrier>();
  #idleCount = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** @param onMade - There is a carrier to an endpoint, so its sidecar lives. */
  constructor(dialer: Dialer, onMade: (uid: string) => void) {
    this.#dialer = dialer;
    this.#onMade = onMade;
  }

  /** Carriers that there are. */
  get size(): number {
    return this.#uidOf.size;
  }

  /** An idle carrier if there is one. Whoever takes one opens a connection with it at once. */
  idle(endpoint: Endpoint): Carrier | undefined {
    const taken = this.#idle.get(endpoint.uid)?.pop();
    if (taken === undefined) return undefined;
    this.#idleCount -= 1;
    return taken.carrier;
  }

  /** An idle carrier, or a new one; `isWatch` if it is to carry no traffic. */
  async take(endpoint: Endpoint, isWatch = false): Promise<Carrier | DialFailure> {
    return this.idle(endpoint) ?? (await this.#make(endpoint, isWatch));
  }

  /**
   * Makes one carrier before anybody needs it, if there is none: an endpoint that was used once
   * is likely to be used again.
   */
  async warm(endpoint: Endpoint): Promise<void> {
    const { uid } = endpoint;
    if ((this.#idle.get(uid)?.length ?? 0) > 0 || this.#warming.has(uid)) return;
    this.#warming.add(uid);
    const made = await this.#make(endpoint);
    this.#warming.delete(uid);
    if (made instanceof Carrier) this.onIdle(made);
  }

  /** Lets carriers of an earlier identity go, those that are used as soon as they are free. */
  renew(): void {
    for (const carrier of this.#uidOf.keys()) this.#stale.add(carrier);
    for (const { carrier } of [...this.#idle.values()].flat()) carrier.destroy();
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const carrier of this.#uidOf.keys()) carrier.destroy();
  }

  /** No sidecar opens connections over a carrier that this one has made. */
  onOpen(carrier: Carrier): void {
    carrier.destroy();
  }

  onIdle(carrier: Carrier): void {
    const uid = this.#uidOf.get(carrier);
    if (uid === undefined) return;
    const idle = this.#idle.get(uid) ?? [];
    const isTooMany = idle.length >= idleEachMax || this.#idleCount >= idleMax;
    if (isTooMany || this.#stale.has(carrier)) {
      carrier.destroy();
      return;
    }
    idle.push({ carrier, since: performance.now() });
    this.#idle.set(uid, idle);
    this.#idleCount += 1;
    this.#sweep ??= setInterval(() => this.#closeOld(), sweepMs).unref();
  }

  onLost(carrier: Carrier): void {
    const uid = this.#uidOf.get(carrier);
    this.#uidOf.delete(carrier);
    if (uid !== undefined) this.#resize(uid, -1);
    const idle = uid === undefined ? undefined : this.#idle.get(uid);
    const index = idle?.findIndex((one) => one.carrier === carrier) ?? -1;
    if (uid === undefined || idle === undefined || index < 0) return;
    idle.splice(index, 1);
    this.#idleCount -= 1;
    if (idle.length === 0) this.#idle.delete(uid);
  }

  async #make(endpoint: Endpoint, isWatch = false): Promise<Carrier | DialFailure> {
    // The other sidecar would refuse it too, after all the work of a handshake.
    if ((this.#sizeOf.get(endpoint.uid) ?? 0) >= carriersEachMax) return tooMany;
    this.#resize(endpoint.uid, 1);
    const tls = await this.#dialer.dial(endpoint, isWatch);
    if ("cause" in tls) {
      this.#resize(endpoint.uid, -1);
      return tls;
    }
    const carrier = new Carrier(tls, "client", this);
    this.#uidOf.set(carrier, endpoint.uid);
    this.#onMade(endpoint.uid);
    return carrier;
  }

  #resize(uid: string, by: 1 | -1): void {
    const size = (this.#sizeOf.get(uid) ?? 0) + by;
    if (size > 0) this.#sizeOf.set(uid, size);
    else this.#sizeOf.delete(uid);
  }

  #closeOld(): void {
    const before = performance.now() - idleMsMax;
    for (const { carrier, since } of [...this.#idle.values()].flat()) {
      if (since < before) carrier.destroy();
    }
  }
}

const tooMany: DialFailure = { cause: "limit", reason: "too many connections to one pod" };
