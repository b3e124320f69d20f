import { hashOf } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { isLive, type Member } from "./member.ts";
import { Ring, ringSize } from "./ring.ts";

/**
 * All machines that this one knows of, with rings of the live and of the lost ones.
 *
 * The digest is a sum over the live members, so that it follows each change at constant cost and
 * does not depend on the order of changes. The dead are left out of it: machines forget them at
 * different times, and need not agree on them.
 */
export class View {
  readonly #members = new Map<PeerId, Member>();
  /** Alive or suspect. */
  readonly live = new Ring();
  /** Dead, but not those who left: the ones worth dialling again. */
  readonly lost = new Ring();
  #digest = 0;
  /** {@link all}, until somebody changes: whoever looks at it looks often. */
  #all: readonly Member[] | undefined;

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#members;
  }

  /** Digest of all live members. */
  get digest(): string {
    return this.#digest.toString(36);
  }

  get(id: PeerId): Member | undefined {
    return this.#members.get(id);
  }

  /** Sets what is known of a machine, and returns what was. */
  put(member: Member): Member | undefined {
    const before = this.#members.get(member.id);
    if (isLive(member) || (before !== undefined && isLive(before))) this.#all = undefined;
    this.#members.set(member.id, member);
    if (before !== undefined && isLive(before))
      this.#digest = subtract(this.#digest, markOf(before));
    if (isLive(member)) {
      this.#digest = add(this.#digest, markOf(member));
      this.live.add(member.id);
    } else {
      this.live.remove(member.id);
    }
    if (member.state === "dead") this.lost.add(member.id);
    else this.lost.remove(member.id);
    return before;
  }

  /** Forgets a machine that is not live. */
  remove(id: PeerId): void {
    this.lost.remove(id);
    this.#members.delete(id);
  }

  /** All live members, in the order of their ring positions. */
  all(): readonly Member[] {
    this.#all ??= this.within(0, Number.POSITIVE_INFINITY);
    return this.#all;
  }

  /** Live members with ring positions from `low` up to, not including, `high`. */
  within(low: number, high: number): Member[] {
    const members: Member[] = [];
    for (const id of this.live.within(low, high)) {
      const member = this.#members.get(id);
      if (member !== undefined) members.push(member);
    }
    return members;
  }

  /** Digests of the `count` equal parts of the ring from `low` up to `high`. */
  digests(low: number, high: number, count: number): string[] {
    return partsOf(low, high, count).map(([from, to]) =>
      from === 0 && to === ringSize ? this.digest : digestOf(this.within(from, to)),
    );
  }
}

/** The `count` parts of a range of the ring, as equal as whole numbers permit. */
export function partsOf(low: number, high: number, count: number): [number, number][] {
  const bound = (index: number): number => low + Math.floor(((high - low) / count) * index);
  return Array.from({ length: count }, (_, index) => [
    bound(index),
    index === count - 1 ? high : bound(index + 1),
  ]);
}

/** The digest of live members; equal sets give equal digests. */
export function digestOf(members: Iterable<Member>): string {
  let digest = 0;
  for (const member of members) digest = add(digest, markOf(member));
  return digest.toString(36);
}

function markOf({ id, incarnation, startedMs }: Member): number {
  return hashOf(`${id}:${incarnation}:${startedMs}`) % 2 ** 32;
}

function add(a: number, b: number): number {
  return (a + b) % 2 ** 32;
}

function subtract(a: number, b: number): number {
  return (a - b + 2 ** 32) % 2 ** 32;
}
