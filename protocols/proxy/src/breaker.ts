/**
 * What one endpoint may have at once. Envoy's defaults, or twice that: as many carriers as another
 * sidecar takes of one workload, for each raw connection has one.
 */
export const breakerLimits = {
  /** Open connections of HTTP, idle ones too. */
  connectionsMax: 1024,
  /** Connections being made. */
  pendingMax: 1024,
  /** Requests without an answer, and raw connections. */
  requestsMax: 2048,
};

export type BreakerLimits = typeof breakerLimits;

/** Counts what an endpoint has at once, and says when it is full. */
export class Breaker {
  readonly #limits: BreakerLimits;
  #connections = 0;
  #pending = 0;
  #requests = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Whether another request would be one too many. */
  get isFull(): boolean {
    return this.#requests >= this.#limits.requestsMax || this.#pending >= this.#limits.pendingMax;
  }

  /** Whether another connection may be made. */
  get mayConnect(): boolean {
    const { connectionsMax, pendingMax } = this.#limits;
    return this.#connections + this.#pending < connectionsMax && this.#pending < pendingMax;
  }

  started(): void {
    this.#requests += 1;
  }

  finished(): void {
    this.#requests = Math.max(0, this.#requests - 1);
  }

  connecting(): void {
    this.#pending += 1;
  }

  /** A connection that was being made is there, or is not to be. */
  connected(isOpen: boolean): void {
    this.#pending = Math.max(0, this.#pending - 1);
    if (isOpen) this.#connections += 1;
  }

  disconnected(): void {
    this.#connections = Math.max(0, this.#connections - 1);
  }
}
