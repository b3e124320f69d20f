import { after, hashOf, type Instant } from "@beemesh/base";
import { isInPlace, isPod, type KubeObject, type Pod } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import type { Action } from "./patience.ts";
import { controllerOf } from "./view.ts";

/** What admission says of a pod that was asked about. */
export type Verdict =
  | { readonly ok: true; readonly pod: KubeObject }
  | { readonly ok: false; readonly message: string };

/** What is known of a pod that is to be made. */
export type Hearing =
  | { readonly ok: true; readonly pod: Pod }
  | {
      readonly ok: false;
      /** Why it may not be made, in the words of the API; empty while nobody has said. */
      readonly message: string;
      readonly ask: readonly Action[];
    };

/** Pods of one workload that are asked about at once: a quarter of the calls of a machine. */
const askedMax = 16;

/**
 * Longer than a webhook may take if its configuration does not say (10 s): so long a keeper leaves
 * it to the one before, or everybody would ask about the same.
 */
const askPatienceMs = 12_000;

/**
 * What was let in and could not be made, because a quota was full, is asked about again after this:
 * a client's request takes no longer.
 */
const verdictMsMax = 60_000;

/** By which account a controller of Kubernetes makes pods, by the kind that it looks after. */
const controllers: Readonly<Record<string, string>> = {
  DaemonSet: "daemon-set-controller",
  Job: "job-controller",
  ReplicaSet: "replicaset-controller",
  ReplicationController: "replication-controller",
  StatefulSet: "statefulset-controller",
};

interface Matter {
  /** What is asked about, but for what is another in each pod that is made for the place. */
  readonly digest: string;
  /** By which rules. */
  readonly edition: number;
}

interface Case extends Matter {
  readonly asked: Pod;
  /** Key of the workload. */
  readonly key: string;
  /** The pod that may be made, if it is made soon. */
  readonly pod?: Pod;
  readonly answeredAt?: Instant;
  readonly message: string;
}

interface Workload {
  readonly cases: Map<string, Case>;
  /** How many may be asked about at once: one at first, and twice as many with each that goes. */
  allowance: number;
  /** What this look has come by so far. */
  readonly named: Set<string>;
  waiting: number;
  refusal: string;
}

/**
 * Pods that webhooks or policies have to let in before they are made: which were asked about, and
 * what was said. Level-triggered as all else: what a look at a workload does not name is forgotten.
 */
export class Hearings {
  readonly #workloads = new Map<string, Workload>();
  /** Questions that are open: the workload and the pod's name, by the pod's uid. */
  readonly #open = new Map<string, { readonly owner: string; readonly name: string }>();

  /** A look at a workload begins. */
  open(owner: string): void {
    const workload = this.#workloads.get(owner);
    if (workload === undefined) return;
    workload.named.clear();
    workload.waiting = 0;
    workload.refusal = "";
  }

  /** The look is over. */
  close(owner: string): void {
    const workload = this.#workloads.get(owner);
    if (workload === undefined) return;
    for (const [name, { asked }] of workload.cases) {
      if (workload.named.has(name)) continue;
      this.#open.delete(asked.metadata.uid ?? "");
      workload.cases.delete(name);
    }
    if (workload.named.size === 0) this.#workloads.delete(owner);
  }

  /**
   * A pod of this name that is asked about just now: it need not be derived before there is an
   * answer. Undefined if it is not asked about by the rules of this edition.
   */
  awaited(owner: string, name: string, edition: number): Hearing | undefined {
    const workload = this.#workloads.get(owner);
    const known = workload?.cases.get(name);
    if (workload === undefined || known === undefined || known.edition !== edition)
      return undefined;
    if (workload.refusal !== "" || !this.#isOpen(known)) return undefined;
    workload.named.add(name);
    workload.waiting += 1;
    workload.refusal = known.message;
    return { ok: false, message: known.message, ask: [asking(known.asked, known, true)] };
  }

  #isOpen({ asked }: Case): boolean {
    return this.#open.has(asked.metadata.uid ?? "");
  }

  /**
   * Whether no more pods of a workload are asked about in this look: then they need not be derived.
   * Who looks at places in the same order each time has named those that are asked about.
   */
  isFull(owner: string): boolean {
    const workload = this.#workloads.get(owner);
    if (workload === undefined) return false;
    return workload.refusal === "" && workload.waiting >= workload.allowance;
  }

  forget(owner: string): void {
    this.open(owner);
    this.close(owner);
  }

  /** Whether a pod may be made, as far as that was said by the rules of this edition. */
  hear(pod: Pod, edition: number, at: Instant): Hearing {
    const { name } = pod.metadata;
    const workload = this.#workloadOf(pod);
    workload.named.add(name);
    // What stands against one pod stands against the others as well.
    if (workload.refusal !== "") return { ok: false, message: workload.refusal, ask: [] };
    const last = workload.cases.get(name);
    const matter = { digest: digestOf(pod), edition };
    const known = last !== undefined && isAbout(last, matter) ? last : undefined;
    if (known?.pod !== undefined && isFresh(known, at)) return { ok: true, pod: known.pod };
    const message = last?.message ?? "";
    if (workload.waiting >= workload.allowance) return { ok: false, message, ask: [] };
    workload.waiting += 1;
    workload.refusal = message;
    const isOpen = known !== undefined && this.#isOpen(known);
    return { ok: false, message, ask: [asking(pod, matter, isOpen)] };
  }

  /** A pod of the workload of this key is asked about now. */
  asked(pod: Pod, key: string, edition: number): void {
    const { name, uid = "" } = pod.metadata;
    const { cases } = this.#workloadOf(pod);
    const last = cases.get(name);
    this.#open.delete(last?.asked.metadata.uid ?? "");
    const message = last?.message ?? "";
    cases.set(name, { digest: digestOf(pod), edition, asked: pod, key, message });
    this.#open.set(uid, { owner: ownerOf(pod), name });
  }

  /**
   * An answer has come.
   *
   * @returns The key of the workload that waits for it; undefined if none does any more.
   */
  answered(uid: string, verdict: Verdict, at: Instant): string | undefined {
    const { owner = "", name = "" } = this.#open.get(uid) ?? {};
    this.#open.delete(uid);
    const workload = this.#workloads.get(owner);
    const found = workload?.cases.get(name);
    if (workload === undefined || found === undefined) return undefined;
    const outcome = checked(found.asked, verdict);
    workload.cases.set(name, { ...found, ...outcome, answeredAt: at });
    const isIn = outcome.pod !== undefined;
    workload.allowance = isIn ? Math.min(2 * workload.allowance, askedMax) : 1;
    return found.key;
  }

  /** A pod is written now: another of its name is judged anew. */
  used({ metadata }: Pod, owner: string): void {
    const cases = this.#workloads.get(owner)?.cases;
    if (cases?.get(metadata.name)?.pod?.metadata.uid === metadata.uid) {
      cases?.delete(metadata.name);
    }
  }

  #workloadOf(pod: Pod): Workload {
    const owner = ownerOf(pod);
    const known = this.#workloads.get(owner);
    if (known !== undefined) return known;
    const fresh: Workload = {
      cases: new Map(),
      allowance: 1,
      named: new Set(),
      waiting: 0,
      refusal: "",
    };
    this.#workloads.set(owner, fresh);
    return fresh;
  }
}

/** The uid of what controls a pod. */
export function ownerOf(pod: KubeObject): string {
  return controllerOf(pod)?.uid ?? "";
}

/** Webhooks change what runs in a pod, not whose it is: its workload would not know it again. */
function checked(asked: Pod, verdict: Verdict): Pick<Case, "pod" | "message"> {
  if (!verdict.ok) return { message: verdict.message };
  const { pod } = verdict;
  const isSame = pod.metadata.uid === asked.metadata.uid;
  if (isPod(pod) && isSame && isInPlace(pod, asked)) return { pod, message: "" };
  const name = JSON.stringify(asked.metadata.name);
  const why = "a webhook has changed its owner, or a label that its template gives it";
  return { message: `pods ${name} is forbidden: ${why}` };
}

function isFresh({ answeredAt }: Case, at: Instant): boolean {
  return answeredAt !== undefined && at < after(answeredAt, verdictMsMax);
}

function isAbout({ digest, edition }: Case, matter: Matter): boolean {
  return edition === matter.edition && digest === matter.digest;
}

/** The wish to ask about a pod; while it is asked about already, there is nothing to do for it. */
function asking(pod: Pod, { digest, edition }: Matter, isOpen: boolean): Action {
  const controller = controllers[controllerOf(pod)?.kind ?? ""] ?? "";
  return {
    id: `admit ${pod.metadata.name} ${edition} ${digest}`,
    effects: isOpen ? [] : [{ kind: "admit", pod, controller }],
    patienceMs: askPatienceMs,
  };
}

/** What a pod is but for what tells it from others that are made for its place. */
function digestOf({ metadata, ...pod }: Pod): string {
  const { uid: _, creationTimestamp: __, ...place } = metadata;
  return hashOf(canonicalJson({ ...pod, metadata: place })).toString(36);
}
