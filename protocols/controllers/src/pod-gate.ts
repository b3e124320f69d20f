import { completedPod, Ledger, podFault, type ResourceList } from "@beemesh/admission";
import type { KubeObject, Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import {
  limitRangeResource,
  podResource,
  priorityClassResource,
  runtimeClassResource,
} from "./kinds.ts";
import type { Action } from "./patience.ts";
import { refOf } from "./view.ts";

/** A pod as it may be made, or why not, in the words of the API. */
export type Entry =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly message: string };

/**
 * What the API does with a pod that a client makes, for pods that controllers make: priority,
 * LimitRanges, quotas. Pods that one step makes count for those that it makes after them.
 */
export class PodGate {
  readonly #store: ObjectStore;
  readonly #ledger: Ledger;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#ledger = new Ledger(store);
  }

  /** What was let in before is written by now. */
  settle(): void {
    this.#ledger.settle();
  }

  /** What the objects of its namespace take of a quota. */
  takenOf(quota: KubeObject): ResourceList {
    return this.#ledger.takenOf(quota);
  }

  close(): void {
    this.#ledger.close();
  }

  /** Lets a pod in. What has its name now gives back what it takes. */
  admit(pod: Pod): Entry {
    const { name, namespace = "" } = pod.metadata;
    const ranges = this.#store.list(limitRangeResource, namespace).items;
    const classes = this.#store.list(priorityClassResource).items;
    const runtimes = this.#store.list(runtimeClassResource).items;
    const completed = completedPod(pod, { ranges, classes, runtimes });
    if (!completed.ok) return { ok: false, message: forbiddenText(name, completed.message) };
    const balances = this.#ledger.balancesOf(namespace);
    const before = this.#store.get(podResource, namespace, name);
    const fault = podFault(completed.pod, { ranges, balances, before });
    if (fault !== "") return { ok: false, message: forbiddenText(name, fault) };
    if (before === undefined) this.#ledger.promise(podResource, completed.pod);
    return completed;
  }
}

/**
 * Tells of a pod that could not be made, as an Event of the workload that wants it. While it is
 * wanted it is tried again, more and more slowly.
 */
export function tellingRefusal(whose: KubeObject, message: string): Action {
  const object = refOf(whose);
  const effect = {
    kind: "event",
    object,
    type: "Warning",
    reason: "FailedCreate",
    message,
  } as const;
  return { id: `refused ${message}`, effects: [effect] };
}

function forbiddenText(name: string, why: string): string {
  return `pods "${name}" is forbidden: ${why}`;
}
