/**
 * Membership: who is in the mesh and who is gone, at constant cost for each machine.
 *
 * A {@link Membership} is fed with what the link hears and with ticks, and says what to send. It
 * finds a machine dead within 1.3 seconds of its last word, without a machine that all depend on.
 *
 * Pure: time and messages come in as arguments, everything to be done comes out as effects.
 *
 * @module
 */

export { type MembershipOptions, membershipDefaults } from "./context.ts";
export type { MembershipEffect, MembershipEvent } from "./effect.ts";
export { byLongevity, isLive, type Member, type MemberState } from "./member.ts";
export { Membership, type MembershipSetup } from "./membership.ts";
export {
  addressesMax,
  decodeMembershipMessage,
  type MembershipMessage,
  recordsMax,
} from "./message.ts";
