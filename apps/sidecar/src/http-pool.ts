import type { Balancer } from "@beemesh/proxy";
import type { Endpoint } from "@beemesh/workload";
import { Carrier } from "./carrier.ts";
import { HttpUpstream, type UpstreamUser } from "./http-upstream.ts";
import type { Pool } from "./pool.ts";

/** Connections that wait for the next request, to one program. */
const idleEachMax = 32;

/** The same, to all programs. */
const idleMax = 128;

/**
 * A connection that waited so long is closed: before the program does it, for a request would
 * cross with that. Of the servers in use Node's is the first, after 5 s.
 */
const idleMsMax = 4000;
const sweepMs = 1000;

/** A connection between two requests: whatever its program says now, it is of no more use. */
class Waiting implements UpstreamUser {
  readonly upstream: HttpUpstream;
  readonly since: number;
  readonly #drop: (upstream: HttpUpstream) => void;

  constructor(upstream: HttpUpstream, since: number, drop: (upstream: HttpUpstream) => void) {
    this.upstream = upstream;
    this.since = since;
    this.#drop = drop;
  }

  onData(): void {
    this.#drop(this.upstream);
  }

  onEnd(): void {
    this.#drop(this.upstream);
  }

  onGone(): void {
    this.#drop(this.upstream);
  }

  onRefused(): void {
    this.#drop(this.upstream);
  }

  onDrain(): void {}
}

/** For what service a connection is made, and who counts those of each endpoint. */
export interface Opener {
  readonly service: string;
  readonly balancer: Pick<Balancer, "mayConnect" | "connecting" | "connected" | "disconnected">;
}

/** Undefined if the endpoint cannot be reached; full if the breaker does not allow another. */
export type Opened = HttpUpstream | "full" | undefined;

/** Connections to programs of other pods that wait for their next request. */
export class HttpPool {
  readonly #carriers: Pick<Pool, "take">;
  readonly #idle = new Map<string, Waiting[]>();
  readonly #forget = (upstream: HttpUpstream): void => this.#drop(upstream);
  #count = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor(carriers: Pick<Pool, "take">) {
    this.#carriers = carriers;
  }

  /** Connections that wait. */
  get size(): number {
    return this.#count;
  }

  /** A connection that waits, the one used last; undefined if there is none. */
  idle(endpoint: Endpoint): HttpUpstream | undefined {
    const idle = this.#idle.get(keyOf(endpoint));
    for (let taken = idle?.pop(); taken !== undefined; taken = idle?.pop()) {
      this.#count -= 1;
      if (taken.upstream.isOpen) return taken.upstream;
      taken.upstream.close();
    }
    return undefined;
  }

  /** A new connection, if there may be one. */
  async open(endpoint: Endpoint, from: Opener, traceparent: string): Promise<Opened> {
    const { balancer, service } = from;
    const { uid, port } = endpoint;
    if (!balancer.mayConnect(uid)) return "full";
    balancer.connecting(uid);
    const carrier = await this.#carriers.take(endpoint);
    const isOpen = carrier instanceof Carrier && carrier.isIdle;
    balancer.connected(uid, isOpen);
    // This sidecar has as many carriers to the pod as it may: no fault of the pod either.
    if ("cause" in carrier && carrier.cause === "limit") return "full";
    if (!isOpen) return undefined;
    const opening = { protocol: "tcp", port, service, traceparent } as const;
    const onOver = (): void => balancer.disconnected(uid);
    return new HttpUpstream({ key: keyOf(endpoint), opening, onOver }, carrier);
  }

  /** Keeps a connection that stands between two requests. */
  put(upstream: HttpUpstream): void {
    const idle = this.#idle.get(upstream.key) ?? [];
    const isTooMany = idle.length >= idleEachMax || this.#count >= idleMax;
    if (!upstream.isOpen || isTooMany) {
      upstream.close();
      return;
    }
    upstream.resume();
    const waiting = new Waiting(upstream, performance.now(), this.#forget);
    upstream.give(waiting);
    idle.push(waiting);
    this.#idle.set(upstream.key, idle);
    this.#count += 1;
    this.#sweep ??= setInterval(() => this.#closeOld(), sweepMs).unref();
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const { upstream } of [...this.#idle.values()].flat()) this.#drop(upstream);
  }

  #drop(upstream: HttpUpstream): void {
    const idle = this.#idle.get(upstream.key);
    const index = idle?.findIndex((one) => one.upstream === upstream) ?? -1;
    if (idle !== undefined && index >= 0) {
      idle.splice(index, 1);
      this.#count -= 1;
      if (idle.length === 0) this.#idle.delete(upstream.key);
    }
    upstream.close();
  }

  #closeOld(): void {
    const before = performance.now() - idleMsMax;
    for (const { upstream, since } of [...this.#idle.values()].flat()) {
      if (since < before) this.#drop(upstream);
    }
  }
}

function keyOf({ uid, port }: Endpoint): string {
  return `${uid} ${port}`;
}
