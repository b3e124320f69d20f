import { elapsedMs, type Instant, type Random } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { isSlow, retryDelayMs } from "./retry.ts";

export interface RedialerOptions {
  readonly random: Random;
  readonly now: () => Instant;
  /**
   * Connects to the first of `addresses` that answers; without any it looks for the peer.
   * Resolves with who was reached, and where, once it is admitted; undefined if nobody was.
   */
  readonly dial: (
    peer: PeerId | undefined,
    addresses: readonly string[],
  ) => Promise<Reached | undefined>;
  readonly isConnected: (peer: PeerId) => boolean;
}

export interface Reached {
  readonly peer: PeerId;
  readonly address: string;
}

/** How long a peer that nobody asked to remember is looked for. */
const patienceMs = 10 * 60_000;

/** Addresses that are kept of a peer. */
const addressesMax = 16;

/** Behind an address may be another machine now: every so many tries it is asked who it is. */
const strangerEvery = 5;

/**
 * After a minute each peer is tried more and more slowly; but one of them all, in turn, is tried
 * each second for ever. So a network that heals after hours is found in a second or two, at the
 * price of one SYN a second, however many are lost.
 */
const scoutMs = 1000;

/** When a lost peer is back the network may be, so all are tried; but not more often than this. */
const wakeAllMs = 5000;

/** Peers that are looked for at the same time; what more are remembered must wait. */
const targetsMax = 4096;

interface Target {
  peer: PeerId | undefined;
  addresses: readonly string[];
  /** The address that worked last. */
  best: string | undefined;
  /** Looked for until forgotten, or only until the patience ends. */
  isLasting: boolean;
  tries: number;
  isDialing: boolean;
  lostAt: Instant;
  timer: NodeJS.Timeout | undefined;
}

/** Keeps members connected: dials who is not, first often, then more and more slowly. */
export class Redialer {
  readonly #options: RedialerOptions;
  /** By peer ID, or by address while the peer behind it is not known. */
  readonly #targets = new Map<string, Target>();
  readonly #scout: NodeJS.Timeout;
  #turn = 0;
  #wokenAt: Instant;
  #isClosed = false;

  constructor(options: RedialerOptions) {
    this.#options = options;
    this.#wokenAt = options.now();
    this.#scout = setInterval(() => this.#tryNext(), scoutMs);
    this.#scout.unref();
  }

  /**
   * Looks for a peer from now on.
   *
   * @param isLasting - False for a peer that was merely heard of.
   */
  remember(peer: PeerId, addresses: readonly string[], isLasting: boolean): void {
    const known = this.#targets.get(peer);
    if (known === undefined) {
      if (this.#targets.size < targetsMax) this.#add(peer, { peer, addresses, isLasting });
      return;
    }
    const news = addresses.filter((address) => !known.addresses.includes(address));
    known.isLasting ||= isLasting;
    if (news.length === 0) return;
    known.addresses = [...news, ...known.addresses].slice(0, addressesMax);
    this.#hurry(known);
  }

  /** Looks for whoever is behind an address. */
  rememberAddress(address: string): void {
    this.#add(address, { peer: undefined, addresses: [address], isLasting: true });
  }

  forget(peer: PeerId): void {
    clearTimeout(this.#targets.get(peer)?.timer);
    this.#targets.delete(peer);
  }

  addressesOf(peer: PeerId): readonly string[] {
    return this.#targets.get(peer)?.addresses ?? [];
  }

  /** Somebody wants to send to the peer: try it now, if it is known. */
  wake(peer: PeerId): void {
    const target = this.#targets.get(peer);
    if (target !== undefined && target.tries === 0) this.#hurry(target);
  }

  /** The network has changed for the better: try everybody now. */
  wakeAll(): void {
    for (const target of this.#targets.values()) {
      target.tries = 0;
      this.#hurry(target);
    }
  }

  /** A peer is connected, whoever dialled. */
  onConnected(peer: PeerId): void {
    const { now } = this.#options;
    const found = [...this.#targets.values()].filter((target) => target.peer === peer);
    const wasLost = found.some(({ tries }) => tries > 1);
    for (const target of found) target.tries = 0;
    if (!wasLost || elapsedMs(this.#wokenAt, now()) < wakeAllMs) return;
    this.#wokenAt = now();
    this.wakeAll();
  }

  onDisconnected(peer: PeerId): void {
    for (const target of this.#targets.values()) {
      if (target.peer !== peer) continue;
      target.tries = 1;
      target.lostAt = this.#options.now();
      this.#plan(target, retryDelayMs(1, this.#options.random));
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#scout);
    for (const { timer } of this.#targets.values()) clearTimeout(timer);
    this.#targets.clear();
  }

  #tryNext(): void {
    const { isConnected } = this.#options;
    const lost = [...this.#targets.values()].filter(
      ({ peer, tries }) => isSlow(tries) && !(peer !== undefined && isConnected(peer)),
    );
    this.#turn += 1;
    const next = lost[this.#turn % Math.max(1, lost.length)];
    if (next !== undefined) this.#hurry(next);
  }

  #add(key: string, wanted: Pick<Target, "peer" | "addresses" | "isLasting">): void {
    const lostAt = this.#options.now();
    const addresses = wanted.addresses.slice(0, addressesMax);
    const state = { best: undefined, tries: 0, isDialing: false, lostAt, timer: undefined };
    const target: Target = { ...wanted, addresses, ...state };
    this.#targets.set(key, target);
    this.#hurry(target);
  }

  #hurry(target: Target): void {
    if (!target.isDialing) this.#plan(target, 0);
  }

  #plan(target: Target, delayMs: number): void {
    clearTimeout(target.timer);
    if (this.#isClosed) return;
    target.timer = setTimeout(() => {
      // A dial says by its result how it went; it does not throw.
      void this.#try(target);
    }, delayMs);
    target.timer.unref();
  }

  async #try(target: Target): Promise<void> {
    const { dial, isConnected, now, random } = this.#options;
    if (target.isDialing || this.#isClosed) return;
    if (target.peer !== undefined && isConnected(target.peer)) return;
    if (this.#isHopeless(target)) return;
    target.isDialing = true;
    const startedAt = now();
    const reached = await dial(this.#peerFor(target), addressesFor(target));
    target.isDialing = false;
    if (reached !== undefined) {
      target.peer = reached.peer;
      target.best = reached.address;
      target.tries = 0;
      return;
    }
    target.tries += 1;
    // From start to start: an attempt that hangs costs nothing on top.
    const delayMs = retryDelayMs(target.tries, random) - elapsedMs(startedAt, now());
    if (this.#isKnown(target)) this.#plan(target, Math.max(0, delayMs));
  }

  #peerFor(target: Target): PeerId | undefined {
    const isOfPeer = target.peer !== undefined && this.#targets.get(target.peer) === target;
    if (isOfPeer || target.tries % strangerEvery !== strangerEvery - 1) return target.peer;
    return undefined;
  }

  #isKnown(target: Target): boolean {
    return [...this.#targets.values()].includes(target);
  }

  #isHopeless(target: Target): boolean {
    if (target.isLasting || elapsedMs(target.lostAt, this.#options.now()) < patienceMs) {
      return false;
    }
    if (target.peer !== undefined) this.forget(target.peer);
    return true;
  }
}

/** The address that worked last, or the newest, and each of the others in its turn. */
function addressesFor({ addresses, best, tries }: Target): readonly string[] {
  const first = best ?? addresses[0];
  if (first === undefined) return [];
  const others = addresses.filter((address) => address !== first);
  const other = others[tries % Math.max(1, others.length)];
  return other === undefined ? [first] : [first, other];
}
