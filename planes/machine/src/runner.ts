import { after, type Instant, type Now } from "@beemesh/base";
import { boundAtMs, checkChain, type NameRecord, settle } from "@beemesh/controllers";
import type { KubeObject, Pod } from "@beemesh/model";
import type { PodsEvent } from "@beemesh/pods";
import type { ObjectStore } from "@beemesh/ports";
import type { RecordName } from "@beemesh/wire";
import { type Lookup, lineageOf } from "./lineage.ts";
import { mutationOf } from "./mutation.ts";
import { resourceNamed } from "./resource.ts";
import type { Room } from "./room.ts";

/** What the runner wants done, in order. */
export type RunnerEffect =
  | { readonly kind: "pods"; readonly event: PodsEvent }
  /** The pod is this machine's, and starts when those have gone that have its place. */
  | { readonly kind: "waits"; readonly pod: Pod; readonly victims: readonly Pod[] }
  /** Write the pod's own record again: it is older than what took its place. */
  | { readonly kind: "reassert"; readonly pod: Pod }
  /** Tell that a pod will not run here, so that another takes its place. */
  | { readonly kind: "disown"; readonly pod: Pod; readonly why: string }
  /** Ask for the record of an owner: without it the pod cannot be judged. */
  | { readonly kind: "lacks"; readonly record: RecordName }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  /** `pod.rejected`: the registry gives this machine a pod that it must not run. */
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string>>;
    };

export interface RunnerOptions {
  /** This machine's name, as in `spec.nodeName`. */
  readonly nodeName: string;
  readonly objects: ObjectStore;
  /** Wall time since when a pod is held here; undefined if it is not. */
  readonly heldSinceMs: (uid: string) => number | undefined;
  /** Whether there is room for a pod beside these. */
  readonly roomFor: (pod: Pod, others: readonly Pod[]) => Room;
  /**
   * Whether this machine has said of the pod that it runs. It goes on: what it was let in by then
   * may be gone by now, and its users may have changed it, such as its image.
   */
  readonly hasRun: (pod: Pod) => boolean;
  /** Whether the registry knows that the pod's record was deleted. */
  readonly wasDeleted: (namespace: string, name: string) => boolean;
}

/** Pods that wait for their owner's record; more are left to the next look. */
const waitingMax = 10_000;

/** An owner of a pod that was asked for and has not come is asked for again after this. */
const askMs = 1000;

/**
 * A pod that a webhook has changed waits so long for that webhook to be known here. By then the
 * webhook is gone, or speaks of other namespaces: somebody has changed that since the pod was made.
 */
const mutatorMsMax = 10_000;

/**
 * Decides which pods this machine runs: those whose records name it, whose signature chain holds,
 * and those it has held longer than whoever took their place meanwhile.
 *
 * Level-triggered: it is told which name to look at, never what happened there.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #pods = resourceNamed("", "pods");
  /** Pods assigned and not yet released, by uid, as last seen. */
  readonly #held = new Map<string, Pod>();
  /** Names of pods whose owners were not known when they were looked at. */
  readonly #waiting = new Set<string>();
  /** Names of pods that are held and wait for room, by uid. */
  readonly #crowded = new Map<string, { readonly namespace: string; readonly name: string }>();
  /** Since when pods wait for the webhooks that have changed them, by their names. */
  readonly #changed = new Map<string, { readonly uid: string; readonly since: Instant }>();
  /** When owners are asked for again that did not come. */
  #askAt: Instant | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Pods that are assigned to this machine, as their records last said. */
  held(): IterableIterator<Pod> {
    return this.#held.values();
  }

  /** The pod of this uid that is assigned to this machine, as its record last said. */
  find(uid: string): Pod | undefined {
    return this.#held.get(uid);
  }

  /** Looks at a name again: its record has changed, or a pod of this name has. */
  look(namespace: string, name: string, now: Now): RunnerEffect[] {
    const { objects, wasDeleted } = this.#options;
    const record = objects.get(this.#pods, namespace, name);
    const seen = record ?? (wasDeleted(namespace, name) ? "deleted" : "unknown");
    const settled = this.#settle(namespace, name, seen);
    if (record === undefined) this.#changed.delete(`${namespace}/${name}`);
    return isPod(record) ? [...settled, ...this.#assign(record, now)] : settled;
  }

  /** Looks again at pods that waited for a ReplicaSet, Job or Deployment. */
  ownersChanged(now: Now): RunnerEffect[] {
    const names = [...this.#waiting];
    this.#waiting.clear();
    return names.flatMap((key) => {
      const [namespace = "", name = ""] = key.split("/");
      return this.look(namespace, name, now);
    });
  }

  /** Asks again for owners that did not come, and looks whether there is room by now. */
  tick(now: Now): RunnerEffect[] {
    const crowded = [...this.#crowded.values()].flatMap(({ namespace, name }) =>
      this.look(namespace, name, now),
    );
    if (this.#askAt === undefined || this.#askAt > now.at) return crowded;
    this.#askAt = undefined;
    return [...crowded, ...this.ownersChanged(now)];
  }

  /** The pod has left this machine. */
  released(uid: string): void {
    this.#held.delete(uid);
    this.#crowded.delete(uid);
  }

  #settle(namespace: string, name: string, seen: NameRecord): RunnerEffect[] {
    const mine = [...this.#held.values()].filter(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    );
    return mine.flatMap((pod): RunnerEffect[] => {
      const uid = pod.metadata.uid ?? "";
      const verdict = settle(
        {
          uid,
          machine: this.#options.nodeName,
          heldSinceMs: this.#options.heldSinceMs(uid),
          boundAtMs: boundAtMs(pod.metadata),
        },
        seen,
      );
      if (verdict === "keep") return [];
      if (verdict === "reassert") return [{ kind: "reassert", pod }];
      this.released(uid);
      const reason = seen === "deleted" ? "Deleted" : "Replaced";
      return [{ kind: "pods", event: { kind: "unassign", uid, reason } }];
    });
  }

  #assign(record: Pod, now: Now): RunnerEffect[] {
    const { nodeName, heldSinceMs } = this.#options;
    const uid = record.metadata.uid ?? "";
    if (record.spec.nodeName !== nodeName) return [];
    const held = this.#held.get(uid);
    // What has ended is not started: it is held for its logs, and for whoever deletes it; nor is
    // what is being deleted, which nobody else would bring to its end.
    const mayStart = !isFinished(record) && record.metadata.deletionTimestamp === undefined;
    if (held === undefined && mayStart) {
      const verdict = this.#checkOwners(record, now);
      if (verdict.length > 0) return verdict;
    }
    this.#held.set(uid, record);
    const waiting = this.#waitForRoom(record, held === undefined);
    if (waiting !== undefined) return [waiting];
    const since = heldSinceMs(uid) ?? boundAtMs(record.metadata) ?? now.wallMs;
    return [{ kind: "pods", event: { kind: "assign", pod: record, heldSinceMs: since } }];
  }

  /**
   * Whether a pod that was not started yet has to wait for less important ones to go. One that has
   * run, in an earlier life of the daemon, is not asked; one that is deleted takes no place.
   */
  #waitForRoom(pod: Pod, isNew: boolean): RunnerEffect | undefined {
    const { deletionTimestamp, name, namespace = "", uid = "" } = pod.metadata;
    const isAsked = this.#crowded.has(uid) || (isNew && (pod.status?.phase ?? "") !== "Running");
    const others = [...this.#held.values()].filter(({ metadata }) => metadata.uid !== uid);
    const room =
      isAsked && deletionTimestamp === undefined
        ? this.#options.roomFor(pod, others)
        : ({ kind: "free" } as const);
    if (room.kind === "free") {
      this.#crowded.delete(uid);
      return undefined;
    }
    this.#crowded.set(uid, { namespace, name });
    const victims = others.filter(({ metadata }) => room.victims.includes(metadata.uid ?? ""));
    return { kind: "waits", pod, victims };
  }

  /** What keeps the pod from running here; nothing if it may. */
  #checkOwners(pod: Pod, now: Now): RunnerEffect[] {
    const lookup: Lookup = (...place) => this.#options.objects.get(...place);
    const { upper, top, ...lineage } = lineageOf(pod, lookup);
    const mutation = mutationOf(pod, this.#options.objects);
    const mayDiffer = mutation.isAllowed || this.#options.hasRun(pod);
    const verdict = checkChain(pod, upper, top, mayDiffer);
    if (verdict.ok) return [];
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (this.#waiting.size < waitingMax) this.#waiting.add(name);
    const facts = { pod: name, reason: verdict.reason };
    const rejected = { kind: "observe", event: "pod.rejected", facts } as const;
    const isChanged = mutation.isNoted && checkChain(pod, upper, top, true).ok;
    if (isChanged && this.#hasWaited(pod, now)) {
      const why = "what has changed it from its template is not known here";
      return [rejected, { kind: "disown", pod, why }];
    }
    const missing = lineage.missing ?? mutation.missing;
    return [rejected, ...(missing || isChanged ? this.#askFor(missing, now) : [])];
  }

  /** Looks again soon, and asks for what is missing. */
  #askFor(missing: RecordName | undefined, now: Now): RunnerEffect[] {
    this.#askAt ??= after(now.at, askMs);
    const wake = { kind: "wake", at: this.#askAt } as const;
    return missing === undefined ? [wake] : [{ kind: "lacks", record: missing }, wake];
  }

  /** Whether a pod has waited long enough for the webhooks that have changed it. */
  #hasWaited({ metadata }: Pod, { at }: Now): boolean {
    const { namespace = "", name, uid = "" } = metadata;
    const key = `${namespace}/${name}`;
    const known = this.#changed.get(key);
    if (known?.uid === uid) return at >= after(known.since, mutatorMsMax);
    if (this.#changed.size < waitingMax) this.#changed.set(key, { uid, since: at });
    return false;
  }
}

/** Whether an object of the registry is a pod: the schema was checked when it was written. */
export function isPod(object: KubeObject | undefined): object is Pod {
  return object?.kind === "Pod";
}

/** Whether a pod has come to an end that it does not leave. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
