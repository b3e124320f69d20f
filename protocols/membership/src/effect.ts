import type { Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Member } from "./member.ts";
import type { MembershipMessage } from "./message.ts";

/** What happens to a machine's membership. */
export type MembershipEvent =
  | { readonly kind: "start" }
  /** Time has passed. Extra ticks are harmless. */
  | { readonly kind: "tick" }
  | { readonly kind: "connected"; readonly peer: PeerId }
  | { readonly kind: "disconnected"; readonly peer: PeerId }
  | { readonly kind: "message"; readonly from: PeerId; readonly message: MembershipMessage }
  | { readonly kind: "broadcast"; readonly from: PeerId; readonly message: MembershipMessage }
  /** This machine can now be reached elsewhere. */
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  /** This machine drains: it says goodbye and does nothing from then on. */
  | { readonly kind: "stop" };

/** What the caller must do, in order. */
export type MembershipEffect =
  | { readonly kind: "send"; readonly to: PeerId; readonly message: MembershipMessage }
  /** Publish on the topic that all members hear. */
  | { readonly kind: "publish"; readonly message: MembershipMessage }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  /** Keep a connection to this peer, or keep trying. */
  | {
      readonly kind: "remember";
      readonly peer: PeerId;
      readonly addresses: readonly string[];
    }
  | { readonly kind: "forget"; readonly peer: PeerId }
  /** The view changed: what is now known, and what was; `before` is undefined for a newcomer. */
  | { readonly kind: "changed"; readonly member: Member; readonly before: Member | undefined }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };

/** Gathers the effects of one step, in order. */
export class Outbox {
  #effects: MembershipEffect[] = [];

  add(effect: MembershipEffect): void {
    this.#effects.push(effect);
  }

  send(to: PeerId, message: MembershipMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }

  observe(event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
    this.#effects.push({ kind: "observe", event, facts });
  }

  /** The effects so far; the next step begins with none. */
  take(): readonly MembershipEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
