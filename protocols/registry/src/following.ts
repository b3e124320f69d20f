import { after, hashOf, type Instant, type Now } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { answerMsMax, overtakeMs, piecesMax, renewEveryMs } from "./limits.ts";
import type { RegistryMessage } from "./message.ts";
import type { Placement } from "./placement.ts";
import type { Library } from "./shelf.ts";
import { nothing, wholeRange } from "./tree.ts";

export interface FollowingOptions {
  readonly self: PeerId;
  readonly library: Library;
  readonly placement: Placement;
  readonly emit: (effect: RegistryEffect) => void;
}

interface Follow {
  keeper: PeerId | undefined;
  /** The keeper's log and our position in it. */
  epoch: number;
  position: number;
  /** Pieces of the log beyond our position that came before what lies between. */
  pieces: Piece[];
  /** How many keepers were tried in vain, so that the next one is another. */
  attempt: number;
  /** Whether the keeper has answered since it was last asked. */
  isAnswered: boolean;
  /** Whether we once held all that the keeper holds, since we began to follow. */
  isComplete: boolean;
  nextAt: Instant;
}

/** Changes after one position of a log up to another. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

/** While a follower knows that it lacks something, it asks this often. */
const incompleteMs = 1000;

/** The follower's side: a copy of a collection that is kept elsewhere. */
export class Following {
  readonly #options: FollowingOptions;
  readonly #follows = new Map<CollectionId, Follow>();
  readonly #connected = new Set<PeerId>();

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  get wakeAt(): Instant | undefined {
    let wakeAt: Instant | undefined;
    for (const [collection, { nextAt }] of this.#follows) {
      if (this.#options.placement.isKept(collection)) continue;
      if (wakeAt === undefined || nextAt < wakeAt) wakeAt = nextAt;
    }
    return wakeAt;
  }

  isFollowed(collection: CollectionId): boolean {
    return this.#follows.has(collection);
  }

  /** Whether the copy has once been as good as a keeper's. */
  isComplete(collection: CollectionId): boolean {
    return this.#follows.get(collection)?.isComplete ?? false;
  }

  follow(collection: CollectionId, now: Now): void {
    if (this.#follows.has(collection)) return;
    const follow: Follow = {
      keeper: undefined,
      epoch: 0,
      position: 0,
      pieces: [],
      attempt: 0,
      isAnswered: false,
      isComplete: false,
      nextAt: now.at,
    };
    this.#follows.set(collection, follow);
    this.#subscribe(collection, follow, now);
  }

  unfollow(collection: CollectionId): void {
    const follow = this.#follows.get(collection);
    this.#follows.delete(collection);
    if (follow?.keeper === undefined) return;
    this.#send(follow.keeper, { k: "r.unsub", c: collection });
  }

  /** A keeper that is back may have another log, and has told nothing while it was away. */
  connected(peer: PeerId, now: Now): void {
    this.#connected.add(peer);
    for (const [collection, follow] of this.#follows) {
      if (follow.keeper === peer) this.#subscribe(collection, follow, now);
    }
  }

  disconnected(peer: PeerId, now: Now): void {
    this.#connected.delete(peer);
    for (const follow of this.#follows.values()) {
      if (follow.keeper === peer) follow.nextAt = after(now.at, incompleteMs);
    }
  }

  /** Leaves keepers that are none any more. */
  keepersChanged(collections: readonly CollectionId[], now: Now): void {
    for (const collection of collections) {
      const follow = this.#follows.get(collection);
      if (follow === undefined) continue;
      const keepers = this.#options.placement.keepersOf(collection);
      if (keepers.includes(this.#options.self)) {
        if (follow.keeper !== undefined) this.#send(follow.keeper, { k: "r.unsub", c: collection });
        follow.keeper = undefined;
        continue;
      }
      if (follow.keeper !== undefined && keepers.includes(follow.keeper)) continue;
      this.#leave(follow);
      this.#subscribe(collection, follow, now);
    }
  }

  tick(now: Now): void {
    for (const [collection, follow] of this.#follows) {
      if (follow.nextAt > now.at) continue;
      if (!follow.isAnswered) this.#leave(follow);
      this.#subscribe(collection, follow, now);
    }
  }

  onStart(from: PeerId, message: RegistryMessage & { k: "r.start" }, now: Now): void {
    const follow = this.#follows.get(message.c);
    if (follow?.keeper !== from) return;
    follow.epoch = message.e;
    follow.position = message.s;
    follow.pieces = [];
    this.#heard(follow, message, now);
  }

  /** Whether changes from this peer were asked for. */
  expects(from: PeerId, collection: CollectionId): boolean {
    return this.#follows.get(collection)?.keeper === from;
  }

  /** Takes note of changes after they were applied. */
  onChange(from: PeerId, message: RegistryMessage & { k: "r.change" }, now: Now): void {
    const follow = this.#follows.get(message.c);
    if (follow?.keeper !== from) return;
    if (message.e !== follow.epoch) return;
    const hadGap = follow.pieces.length > 0;
    const askAt = follow.nextAt;
    advance(follow, { from: message.s, to: message.t });
    this.#heard(follow, message, now);
    if (follow.pieces.length === 0) return;
    // What is missing is probably on its way; if not, it is asked for once.
    follow.nextAt = hadGap ? askAt : after(now.at, overtakeMs);
    if (follow.pieces.length > piecesMax) this.#subscribe(message.c, follow, now);
  }

  onNotKept(from: PeerId, collection: CollectionId, now: Now): void {
    const follow = this.#follows.get(collection);
    if (follow?.keeper !== from) return;
    this.#leave(follow);
    follow.nextAt = after(now.at, incompleteMs);
  }

  #heard(follow: Follow, { c, f, n }: { c: CollectionId; f: number; n: number }, now: Now): void {
    const mine = this.#fingerprint(c);
    follow.attempt = 0;
    follow.isAnswered = true;
    const isEqual = mine.sum === f && mine.count === n;
    const keeper = follow.keeper ?? "";
    const { placement } = this.#options;
    follow.isComplete ||= isEqual && placement.isVersed(c, keeper, now.at);
    follow.nextAt = after(now.at, follow.isComplete ? renewEveryMs : incompleteMs);
  }

  #leave(follow: Follow): void {
    follow.keeper = undefined;
    follow.attempt += 1;
  }

  #subscribe(collection: CollectionId, follow: Follow, now: Now): void {
    const keeper = follow.keeper ?? this.#choose(collection, follow.attempt);
    if (keeper !== follow.keeper) {
      follow.keeper = keeper;
      follow.epoch = 0;
      follow.position = 0;
    }
    follow.pieces = [];
    follow.isAnswered = false;
    follow.nextAt = after(now.at, answerMsMax);
    if (keeper === undefined) return;
    const { sum: f, count: n } = this.#fingerprint(collection);
    const { epoch: e, position: s } = follow;
    this.#send(keeper, { k: "r.sub", c: collection, e, s, f, n });
  }

  /** Followers spread over the keepers; a keeper with a connection is preferred. */
  #choose(collection: CollectionId, attempt: number): PeerId | undefined {
    const { placement, self } = this.#options;
    const keepers = placement.keepersOf(collection);
    if (keepers.includes(self)) return undefined;
    const near = keepers.filter((keeper) => this.#connected.has(keeper));
    const candidates = near.length > 0 && attempt === 0 ? near : keepers;
    return candidates[(hashOf(self + collection) + attempt) % candidates.length];
  }

  #fingerprint(collection: CollectionId): { sum: number; count: number } {
    return this.#options.library.shelf(collection)?.tree.fingerprint(wholeRange) ?? nothing;
  }

  #send(to: PeerId, message: RegistryMessage): void {
    this.#options.emit({ kind: "send", to, message });
  }
}

/** Moves the position over a piece of the log, and over those beyond it that now join it. */
function advance(follow: Follow, piece: Piece): void {
  const pieces = [...follow.pieces, piece].toSorted((a, b) => a.from - b.from);
  while (pieces[0] !== undefined && pieces[0].from <= follow.position) {
    follow.position = Math.max(follow.position, pieces[0].to);
    pieces.shift();
  }
  follow.pieces = pieces;
}
