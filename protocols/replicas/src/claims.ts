import { after, type Instant, type Now, unreachable } from "@beemesh/base";
import { askAgainMs, claimMsMax, claimsMax } from "./limits.ts";

/** What a machine is told of pods that its sidecars miss. */
export type ClaimsEvent =
  /** A sidecar of this machine holds a pod to be lost. `machine` is the one of its record. */
  | { readonly kind: "claim"; readonly uid: string; readonly machine: string }
  /** A machine says whether it runs a pod. */
  | {
      readonly kind: "told";
      readonly from: string;
      readonly uid: string;
      readonly isRunning: boolean;
    }
  /** Time has passed, or a machine has come or gone. */
  | { readonly kind: "tick" };

/** What comes of it, in order. */
export type ClaimsEffect =
  /** Ask the machine whether it runs the pod. */
  | { readonly kind: "ask"; readonly machine: string; readonly uid: string }
  /** The pod is lost: make its clone. */
  | { readonly kind: "confirmed"; readonly uid: string }
  /** The pod is not lost, or nobody can say so, or too many are looked into. */
  | {
      readonly kind: "dropped";
      readonly uid: string;
      readonly reason: "runs" | "unanswered" | "busy";
    }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant };

export interface ClaimsOptions {
  /** This machine, as in `spec.nodeName`. */
  readonly self: string;
  /** Whether the machine of this name is held to be alive. */
  readonly isAlive: (machine: string) => boolean;
  /** Whether this machine runs the pod. */
  readonly isRunning: (uid: string) => boolean;
}

interface Claim {
  readonly machine: string;
  readonly until: Instant;
  askAt: Instant;
}

/**
 * Finds out whether pods that sidecars miss are lost. A sidecar's word alone stops no pod: the
 * pod's machine must be dead, or say itself that it does not run it. While the mesh holds a machine
 * alive that does not answer, nothing is done.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #claims = new Map<string, Claim>();
  #effects: ClaimsEffect[] = [];

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Advances by one event and returns what must now be done, in order. */
  step(event: ClaimsEvent, { at }: Now): readonly ClaimsEffect[] {
    this.#handle(event, at);
    for (const [uid, claim] of this.#claims) this.#pursue(uid, claim, at);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: ClaimsEvent, at: Instant): void {
    switch (event.kind) {
      case "claim": {
        const { uid, machine } = event;
        if (this.#claims.has(uid)) return;
        if (this.#claims.size >= claimsMax) return this.#end(uid, "busy");
        this.#claims.set(uid, { machine, until: after(at, claimMsMax), askAt: at });
        return;
      }
      case "told":
        if (this.#claims.get(event.uid)?.machine !== event.from) return;
        return this.#end(event.uid, event.isRunning ? "runs" : undefined);
      case "tick":
        return;
      default:
        unreachable(event);
    }
  }

  #pursue(uid: string, claim: Claim, at: Instant): void {
    const { self, isAlive, isRunning } = this.#options;
    const { machine, until, askAt } = claim;
    if (machine === self) return this.#end(uid, isRunning(uid) ? "runs" : undefined);
    if (!isAlive(machine)) return this.#end(uid);
    if (until <= at) return this.#end(uid, "unanswered");
    if (askAt > at) return;
    claim.askAt = after(at, askAgainMs);
    this.#effects.push({ kind: "ask", machine, uid }, { kind: "wake", at: claim.askAt });
  }

  #end(uid: string, reason?: "runs" | "unanswered" | "busy"): void {
    this.#claims.delete(uid);
    if (reason === undefined) this.#effects.push({ kind: "confirmed", uid });
    else this.#effects.push({ kind: "dropped", uid, reason });
  }
}
