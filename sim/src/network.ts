import { assert, type Random } from "@beemesh/base";

/** How the network behaves. */
export interface NetworkOptions {
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
  /** Messages lost, doubled, or held back, of every thousand. */
  readonly lossPerMille: number;
  readonly duplicatePerMille: number;
  readonly reorderPerMille: number;
  /** How long a message that is held back waits at most. */
  readonly reorderMsMax: number;
  /** After this time a connection to a silent machine breaks. */
  readonly connectionTimeoutMs: number;
  /** Between two attempts to reach a machine: at first, and at last. */
  readonly redialMsMin: number;
  readonly redialMsMax: number;
}

/** A good network of one region. */
export const networkDefaults: NetworkOptions = {
  latencyMsMin: 1,
  latencyMsMax: 20,
  lossPerMille: 0,
  duplicatePerMille: 0,
  reorderPerMille: 0,
  reorderMsMax: 200,
  connectionTimeoutMs: 10_000,
  redialMsMin: 250,
  redialMsMax: 1000,
};

/** Peers that each member of a topic passes a message on to; GossipSub's default is 6. */
const gossipDegree = 6;
/** Cuts at once: one bit each. */
const cutsMax = 31;

/** Where a machine stands with respect to each cut. */
export interface Side {
  /** A bit for each cut whose first group the machine is in; and so for the second. */
  firstMask: number;
  secondMask: number;
}

/** Latency, loss and cuts: what happens to a message, without sending one. */
export class Network {
  readonly #random: Random;
  #options: NetworkOptions;
  readonly #cuts = new Map<string, number>();

  constructor(random: Random, options: NetworkOptions) {
    assert(options.latencyMsMin <= options.latencyMsMax, "latency min is at most max");
    this.#random = random;
    this.#options = options;
  }

  get options(): NetworkOptions {
    return this.#options;
  }

  /** The network gets better or worse. */
  change(options: Partial<NetworkOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  latencyMs(): number {
    const { latencyMsMin, latencyMsMax, reorderPerMille, reorderMsMax } = this.#options;
    const latencyMs = this.#between(latencyMsMin, latencyMsMax);
    return this.#happens(reorderPerMille) ? latencyMs + this.#between(0, reorderMsMax) : latencyMs;
  }

  /** How often a message arrives: 0, 1 or 2 times. */
  copies(): number {
    if (this.#happens(this.#options.lossPerMille)) return 0;
    return this.#happens(this.#options.duplicatePerMille) ? 2 : 1;
  }

  /**
   * When a published message reaches one of `count` subscribers; undefined if never. It is
   * passed on in a tree, so most receive it in the last hop; several peers pass it on to each,
   * so that it is lost only if two copies are.
   */
  gossipMs(count: number): number | undefined {
    const { lossPerMille } = this.#options;
    if (this.#happens(lossPerMille) && this.#happens(lossPerMille)) return undefined;
    const rank = 1 + this.#random.below(Math.max(1, count));
    const hops = Math.max(1, Math.ceil(Math.log(rank) / Math.log(gossipDegree)));
    let ms = 0;
    for (let hop = 0; hop < hops; hop += 1) ms += this.latencyMs();
    return ms;
  }

  /** How many copies of a published message one of `count` subscribers receives and passes on. */
  gossipCopies(count: number): number {
    return count <= gossipDegree ? 1 : 1.5;
  }

  /** Cuts all connections between two groups, under a name to heal it by. */
  cut(name: string, first: Iterable<Side>, second: Iterable<Side>): void {
    const taken = new Set(this.#cuts.values());
    let bit = 0;
    while (taken.has(bit)) bit += 1;
    assert(bit < cutsMax && !this.#cuts.has(name), "a cut has a name and a bit of its own");
    this.#cuts.set(name, bit);
    for (const side of first) side.firstMask |= 1 << bit;
    for (const side of second) side.secondMask |= 1 << bit;
  }

  heal(name: string, all: Iterable<Side>): void {
    const bit = this.#cuts.get(name);
    if (bit === undefined) return;
    this.#cuts.delete(name);
    for (const side of all) {
      side.firstMask &= ~(1 << bit);
      side.secondMask &= ~(1 << bit);
    }
  }

  get cutNames(): readonly string[] {
    return [...this.#cuts.keys()];
  }

  isCut(a: Side, b: Side): boolean {
    return (a.firstMask & b.secondMask) !== 0 || (a.secondMask & b.firstMask) !== 0;
  }

  #happens(perMille: number): boolean {
    return perMille > 0 && this.#random.below(1000) < perMille;
  }

  /** Fractions of a millisecond, so that the order of arrivals is not one of sending. */
  #between(min: number, max: number): number {
    return min + ((max - min) * this.#random.below(1_000_001)) / 1_000_000;
  }
}
