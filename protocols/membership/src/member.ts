import type { PeerId } from "@beemesh/wire";

/**
 * What a machine believes of another.
 *
 * - `alive`: heard of lately.
 * - `suspect`: silent; others are being asked. Counts as alive.
 * - `dead`: nobody heard of it. May come back.
 * - `left`: said goodbye. Comes back only with a higher incarnation.
 */
export type MemberState = "alive" | "suspect" | "dead" | "left";

/** One machine of the mesh, as known here. */
export interface Member {
  readonly id: PeerId;
  /**
   * Grows at each boot, and whenever the machine must correct what others say of it. Of two
   * statements about a machine the one with the higher incarnation holds.
   */
  readonly incarnation: number;
  /** When it booted, in milliseconds of mesh time since 1970. The smaller, the longer alive. */
  readonly startedMs: number;
  /** Where it can be reached, as multiaddrs. */
  readonly addresses: readonly string[];
  readonly state: MemberState;
}

/** How a statement weighs against others of the same incarnation: the worse news wins. */
const weights: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 0, dead: 1, left: 2 };

/** Whether statement `a` about a machine holds against statement `b` about the same machine. */
export function supersedes(a: Member, b: Member): boolean {
  if (a.incarnation !== b.incarnation) return a.incarnation > b.incarnation;
  if (weights[a.state] !== weights[b.state]) return weights[a.state] > weights[b.state];
  // A machine that lost count of its incarnations: its later boot is the present one.
  return a.startedMs > b.startedMs;
}

/** Whether the member counts as there: alive, or suspect and not yet given up. */
export function isLive(member: Member): boolean {
  return member.state === "alive" || member.state === "suspect";
}

/** Members by how long they are alive, longest first; ties by id. Each choice prefers the first. */
export function byLongevity(members: Iterable<Member>): Member[] {
  return [...members].toSorted((a, b) => a.startedMs - b.startedMs || (a.id < b.id ? -1 : 1));
}
