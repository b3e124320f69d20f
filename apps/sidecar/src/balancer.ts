import type { Endpoint } from "@beemesh/workload";

/** Milliseconds for which an endpoint that could not be reached is not asked again. */
const shunnedMs = 5000;

/** Endpoints of which something is remembered. */
const endpointsMax = 4096;

interface Load {
  connections: number;
  shunnedUntil: number;
}

/** Chooses endpoints: of two at random the one with fewer connections from here. */
export class Balancer {
  readonly #loads = new Map<string, Load>();
  readonly #below: (bound: number) => number;
  readonly #nowMs: () => number;

  /** @param below - A whole number from 0 up to, not including, its argument. */
  constructor(below: (bound: number) => number, nowMs: () => number) {
    this.#below = below;
    this.#nowMs = nowMs;
  }

  /** One of the endpoints that are not among `tried`; undefined if none is left. */
  pick(endpoints: readonly Endpoint[], tried: ReadonlySet<string>): Endpoint | undefined {
    const [only] = endpoints;
    if (endpoints.length === 1) return only === undefined || tried.has(only.uid) ? undefined : only;
    const untried = endpoints.filter(({ uid }) => !tried.has(uid));
    const now = this.#nowMs();
    const good = untried.filter(({ uid }) => (this.#loads.get(uid)?.shunnedUntil ?? 0) <= now);
    const [a, b] = this.#two(good.length > 0 ? good : untried);
    if (a === undefined || b === undefined) return a;
    return this.#connections(b) < this.#connections(a) ? b : a;
  }

  begin({ uid }: Endpoint): void {
    this.#load(uid).connections += 1;
  }

  end({ uid }: Endpoint): void {
    this.#load(uid).connections -= 1;
    this.#tidy(uid);
  }

  /** The endpoint could not be reached. */
  shun({ uid }: Endpoint): void {
    this.#load(uid).shunnedUntil = this.#nowMs() + shunnedMs;
  }

  #two(endpoints: readonly Endpoint[]): readonly (Endpoint | undefined)[] {
    const first = this.#below(Math.max(1, endpoints.length));
    if (endpoints.length < 2) return [endpoints[first]];
    const step = 1 + this.#below(endpoints.length - 1);
    return [endpoints[first], endpoints[(first + step) % endpoints.length]];
  }

  #connections({ uid }: Endpoint): number {
    return this.#loads.get(uid)?.connections ?? 0;
  }

  #load(uid: string): Load {
    const known = this.#loads.get(uid);
    if (known !== undefined) return known;
    if (this.#loads.size >= endpointsMax) {
      for (const other of this.#loads.keys()) this.#tidy(other);
    }
    const load = { connections: 0, shunnedUntil: 0 };
    this.#loads.set(uid, load);
    return load;
  }

  /** Forgets an endpoint of which there is nothing to remember. */
  #tidy(uid: string): void {
    const load = this.#loads.get(uid);
    if (load === undefined || load.connections > 0) return;
    if (load.shunnedUntil <= this.#nowMs()) this.#loads.delete(uid);
  }
}
