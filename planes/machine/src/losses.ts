import { type Instant, type Now, unreachable } from "@beemesh/base";
import { isPod, type Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { type ClaimMessage, Claims, type ClaimsEffect } from "@beemesh/replicas";
import type { PeerId } from "@beemesh/wire";
import { workloadOf } from "./offer.ts";
import { resourceNamed } from "./resource.ts";

const podResource = resourceNamed("", "pods");

/** What comes of pods that sidecars miss, in order. */
export type LossesEffect =
  | { readonly kind: "send"; readonly to: PeerId; readonly message: ClaimMessage }
  /** The pod is lost: replace it. */
  | { readonly kind: "lost"; readonly pod: Pod }
  | { readonly kind: "wake"; readonly at: Instant }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string>>;
    };

/** What {@link Losses} are made of. */
export interface LossesOptions {
  /** This machine, as in `spec.nodeName`. */
  readonly nodeName: string;
  readonly objects: Pick<ObjectStore, "list">;
  readonly runner: { readonly find: (uid: string) => Pod | undefined };
  /** Since when a pod is held here; undefined if it does not run here. */
  readonly heldSinceMs: (uid: string) => number | undefined;
  /** Who is there, by the names of machines. */
  readonly neighbourhood: {
    readonly isAlive: (machine: string) => boolean;
    readonly peerOf: (machine: string) => PeerId | undefined;
    readonly nameOf: (peer: PeerId) => string | undefined;
  };
}

/**
 * Pods that the sidecars of this machine miss. What a sidecar says is looked into before anything
 * is done: it must be a replica of what it misses, and the pod's machine is asked.
 */
export class Losses {
  readonly #options: LossesOptions;
  readonly #claims: Claims;
  /** Pods that are looked into, by uid. */
  readonly #missed = new Map<string, Pod>();

  constructor(options: LossesOptions) {
    const { nodeName: self, neighbourhood, heldSinceMs } = options;
    this.#options = options;
    this.#claims = new Claims({
      self,
      isAlive: (machine) => neighbourhood.isAlive(machine),
      isRunning: (uid) => heldSinceMs(uid) !== undefined,
    });
  }

  /** The sidecar of pod `by` misses others. Whoever it stands for must run here. */
  report(
    { by, uids }: { readonly by: string; readonly uids: readonly string[] },
    now: Now,
  ): LossesEffect[] {
    const { objects, runner } = this.#options;
    const reporter = runner.find(by);
    if (reporter === undefined) {
      return [{ kind: "observe", event: "replica.stranger", facts: { uid: by } }];
    }
    const missed = new Set(uids);
    return objects
      .list(podResource, reporter.metadata.namespace)
      .items.filter(isPod)
      .filter(({ metadata }) => missed.has(metadata.uid ?? ""))
      .filter((pod) => isReplica(pod, reporter))
      .flatMap((pod) => {
        const { uid = "" } = pod.metadata;
        this.#missed.set(uid, pod);
        const effects = this.#claims.step(
          { kind: "claim", uid, machine: pod.spec.nodeName ?? "" },
          now,
        );
        return this.#heed(effects);
      });
  }

  /** Another machine asks, or answers. */
  hear(from: PeerId, message: ClaimMessage, now: Now): LossesEffect[] {
    const { heldSinceMs, neighbourhood } = this.#options;
    const { u: uid } = message;
    if (message.k === "c.told") {
      const machine = neighbourhood.nameOf(from) ?? "";
      const answer = { kind: "told", from: machine, uid, isRunning: message.r } as const;
      return this.#heed(this.#claims.step(answer, now));
    }
    const told = { k: "c.told", u: uid, r: heldSinceMs(uid) !== undefined } as const;
    return [{ kind: "send", to: from, message: told }];
  }

  /** Time has passed, or a machine has come or gone. */
  tick(now: Now): LossesEffect[] {
    return this.#missed.size === 0 ? [] : this.#heed(this.#claims.step({ kind: "tick" }, now));
  }

  #heed(effects: readonly ClaimsEffect[]): LossesEffect[] {
    return effects.flatMap((effect): LossesEffect[] => {
      switch (effect.kind) {
        case "wake":
          return [effect];
        case "ask": {
          const to = this.#options.neighbourhood.peerOf(effect.machine);
          return to ? [{ kind: "send", to, message: { k: "c.ask", u: effect.uid } }] : [];
        }
        case "confirmed":
          return this.#end(effect.uid).flatMap((pod) => [
            { kind: "observe", event: "replica.confirmed-lost", facts: factsOf(pod) },
            { kind: "lost", pod },
          ]);
        case "dropped":
          return this.#end(effect.uid).map((pod) => {
            const facts = { ...factsOf(pod), reason: effect.reason };
            return { kind: "observe", event: "replica.not-lost", facts };
          });
        default:
          return unreachable(effect);
      }
    });
  }

  #end(uid: string): readonly Pod[] {
    const pod = this.#missed.get(uid);
    this.#missed.delete(uid);
    return pod === undefined ? [] : [pod];
  }
}

function factsOf({ metadata }: Pod): { readonly pod: string; readonly uid: string } {
  const { namespace = "", name, uid = "" } = metadata;
  return { pod: `${namespace}/${name}`, uid };
}

/** Whether a pod that is missed is another one of the same controller, and has come to run. */
function isReplica(pod: Pod, reporter: Pod): boolean {
  const { uid, deletionTimestamp } = pod.metadata;
  if (uid === reporter.metadata.uid || deletionTimestamp !== undefined) return false;
  if (pod.spec.nodeName === undefined || pod.status?.phase !== "Running") return false;
  return workloadOf(pod) === workloadOf(reporter);
}
