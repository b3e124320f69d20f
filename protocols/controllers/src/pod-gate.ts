import {
  completedPod,
  judgingResources,
  Ledger,
  mayJudgePods,
  podFault,
  type ResourceList,
} from "@beemesh/admission";
import { type Instant, instantAt } from "@beemesh/base";
import type { KubeObject, Pod } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { type Hearing, Hearings, ownerOf, type Verdict } from "./hearings.ts";
import {
  limitRangeResource,
  namespaceResource,
  podResource,
  priorityClassResource,
  runtimeClassResource,
} from "./kinds.ts";
import type { Action } from "./patience.ts";
import { refOf } from "./view.ts";

/**
 * What the API does with a pod that a client makes, for pods that controllers make: webhooks and
 * policies, where any may have a say; priority, LimitRanges, quotas. Pods that one step makes count
 * for those that it makes after them.
 */
export class PodGate {
  readonly #store: ObjectStore;
  readonly #ledger: Ledger;
  readonly #hearings = new Hearings();
  readonly #stop: () => void;
  /** Whether anybody may judge the pods of a namespace, as this step has found. */
  readonly #judged = new Map<string, boolean>();
  #at = instantAt(0);
  /** Counts the changes of who judges what. */
  #edition = 0;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#ledger = new Ledger(store);
    this.#stop = store.onChange((change) => {
      if (isOfJudges(change)) this.#edition += 1;
    });
  }

  /** What was let in before is written by now. */
  settle(at: Instant): void {
    this.#at = at;
    this.#ledger.settle();
    this.#judged.clear();
  }

  /** What the objects of its namespace take of a quota. */
  takenOf(quota: KubeObject): ResourceList {
    return this.#ledger.takenOf(quota);
  }

  close(): void {
    this.#stop();
    this.#ledger.close();
  }

  /** A look at a workload begins. */
  open({ metadata }: KubeObject): void {
    this.#hearings.open(metadata.uid ?? "");
  }

  /** A look at a workload is over: what it did not ask for is not wanted any more. */
  shut({ metadata }: KubeObject): void {
    this.#hearings.close(metadata.uid ?? "");
  }

  /** A pod of this name that is asked about just now, and need not be derived before that. */
  awaited({ metadata }: KubeObject, name: string): Hearing | undefined {
    return this.#hearings.awaited(metadata.uid ?? "", name, this.#edition);
  }

  /** Whether no more pods of a workload are let in by this look, so that none need be derived. */
  isFull({ metadata }: KubeObject): boolean {
    return this.#hearings.isFull(metadata.uid ?? "");
  }

  /** The workload of this uid is gone, or another machine looks after it. */
  forget(uid: string): void {
    this.#hearings.forget(uid);
  }

  /** A pod is asked about now, for the workload of this key. */
  asked(pod: Pod, key: string): void {
    this.#hearings.asked(pod, key, this.#edition);
  }

  /** What was said of the pod of this uid. Gives the key of the workload that wants it. */
  answered(uid: string, verdict: Verdict): string | undefined {
    return this.#hearings.answered(uid, verdict, this.#at);
  }

  /** A pod that was let in is written now. */
  used(pod: Pod): void {
    this.#hearings.used(pod, ownerOf(pod));
  }

  /** Whether webhooks or policies may have a say about the new pods of a namespace. */
  isJudged(namespace: string): boolean {
    const known = this.#judged.get(namespace) ?? mayJudgePods(this.#store, namespace);
    this.#judged.set(namespace, known);
    return known;
  }

  /** Lets a pod in. What has its name now gives back what it takes. */
  admit(pod: Pod): Hearing {
    const { name, namespace = "" } = pod.metadata;
    const heard = this.isJudged(namespace)
      ? this.#hearings.hear(pod, this.#edition, this.#at)
      : ({ ok: true, pod } as const);
    if (!heard.ok) return heard;
    const ranges = this.#store.list(limitRangeResource, namespace).items;
    const classes = this.#store.list(priorityClassResource).items;
    const runtimes = this.#store.list(runtimeClassResource).items;
    const completed = completedPod(heard.pod, { ranges, classes, runtimes });
    if (!completed.ok) return forbidden(name, completed.message);
    const balances = this.#ledger.balancesOf(namespace);
    const before = this.#store.get(podResource, namespace, name);
    const fault = podFault(completed.pod, { ranges, balances, before });
    if (fault !== "") return forbidden(name, fault);
    if (before === undefined) this.#ledger.promise(podResource, completed.pod);
    return completed;
  }
}

/** Whether a change is one of who judges the pods of which namespaces. */
export function isOfJudges({ kind, resource, object, before }: Change): boolean {
  const isHome = resource === namespaceResource;
  if (!isHome && !judgingResources.includes(resource)) return false;
  if (kind !== "modified" || before === undefined) return true;
  const matter = isHome ? labelsText : rulesText;
  return matter(before) !== matter(object);
}

function labelsText({ metadata }: KubeObject): string {
  return canonicalJson(metadata.labels ?? {});
}

function rulesText(object: KubeObject): string {
  return canonicalJson({ ...object, metadata: {}, status: {} });
}

/** Tells why a pod is not made, if anybody has said, and asks for it if that is due. */
export function refusing(
  whose: KubeObject,
  { message, ask }: Extract<Hearing, { readonly ok: false }>,
  words = "Error creating",
): Action[] {
  return message === "" ? [...ask] : [...ask, tellingRefusal(whose, `${words}: ${message}`)];
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

function forbidden(name: string, why: string): Hearing {
  return { ok: false, message: `pods "${name}" is forbidden: ${why}`, ask: [] };
}
