import { assert, type Random } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Outbox } from "./effect.ts";
import { isLive, type Member } from "./member.ts";
import type { View } from "./view.ts";

/** How often, how long, how many. All durations in milliseconds. */
export interface MembershipOptions {
  /** Between two heartbeats to the same watcher. */
  readonly heartbeatMs: number;
  /** Silence after which the others are asked: two heartbeats may be lost or late. */
  readonly silenceMs: number;
  /** How long the answers are waited for: a few round trips across a continent. */
  readonly confirmMs: number;
  /** How long a machine that another finds dead may take to object, if we heard it just now. */
  readonly objectionMs: number;
  /** The same if the word is old, as from the other side of a healed partition. */
  readonly hearsayMs: number;
  /** A tick that comes later than this after it was due: this machine stood still itself. */
  readonly stallMs: number;
  /** Machines that watch one machine. */
  readonly watchersCount: number;
  /** Up to this many live members everybody is connected to everybody and told directly. */
  readonly smallMax: number;
  /** Dead machines that this one keeps dialling; others dial others. */
  readonly redialMax: number;
  /** How long a machine that is gone is remembered: longer than any holiday's power cut. */
  readonly lostMs: number;
  /** Machines that are gone and still remembered; the longest gone is forgotten first. */
  readonly lostMax: number;
}

/** Detects a silent death in 1.25 to 2.05 s: a pod is to run again within 3 s. */
export const membershipDefaults: MembershipOptions = {
  heartbeatMs: 800,
  silenceMs: 1750,
  confirmMs: 250,
  objectionMs: 600,
  hearsayMs: 1500,
  stallMs: 600,
  watchersCount: 3,
  smallMax: 16,
  redialMax: 32,
  lostMs: 7 * 86_400_000,
  lostMax: 1024,
};

/** Fails if the durations cannot work together. */
export function checkOptions(options: MembershipOptions): void {
  const { heartbeatMs, silenceMs, confirmMs, watchersCount } = options;
  assert(heartbeatMs > 0 && confirmMs > 0, "durations are positive");
  assert(silenceMs > 2 * heartbeatMs, "one lost heartbeat raises no suspicion");
  assert(watchersCount >= 1, "every machine has a watcher");
}

/** What the parts of one machine's membership share. */
export interface Context {
  readonly self: PeerId;
  readonly view: View;
  readonly out: Outbox;
  readonly random: Random;
  readonly options: MembershipOptions;
  /** Machines that came, went or moved since watchers and redialling were last brought up. */
  readonly moved: Set<PeerId>;
}

/** Sets what is known of a machine, and tells the caller if that is new. */
export function change({ view, out, moved }: Context, member: Member): void {
  const before = view.put(member);
  const stays = before !== undefined && isLive(before) === isLive(member);
  if (!stays || before.addresses.join() !== member.addresses.join()) moved.add(member.id);
  if (before === undefined || differs(member, before)) out.add({ kind: "changed", member, before });
}

function differs(a: Member, b: Member): boolean {
  return a.state !== b.state || a.incarnation !== b.incarnation || a.startedMs !== b.startedMs;
}
