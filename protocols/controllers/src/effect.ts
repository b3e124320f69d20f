import type { Instant } from "@beemesh/base";
import type { KubeObject, Pod, Resource } from "@beemesh/model";

/** Names one object of one life: another object of the same name has another uid. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for what is cluster-wide. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What made a clone necessary. Stable words: they label `beemesh_clones_total`.
 *
 * - `machine-lost`: the pod's machine is held dead.
 * - `pod-lost`: the pod came to an end on its machine, or was removed from it.
 * - `sidecar`: the sidecar of another replica missed it, and its machine is dead or does not run
 *   it.
 */
export type CloneCause = (typeof cloneCauses)[number];

/** All of them, for whoever reads one from a record. */
export const cloneCauses = ["machine-lost", "pod-lost", "sidecar"] as const;

/**
 * What the controllers want done, in this order, before their next step. Everything is
 * idempotent: done twice, or by two keepers, it is done once.
 */
export type ControllersEffect =
  /** `ObjectStore.putSpec`. */
  | { readonly kind: "put"; readonly resource: Resource; readonly object: KubeObject }
  /** `ObjectStore.putStatus`. */
  | { readonly kind: "putStatus"; readonly resource: Resource; readonly object: KubeObject }
  /** `ObjectStore.remove`, if the record still is the one with this uid. */
  | { readonly kind: "remove"; readonly resource: Resource; readonly ref: ObjectRef }
  /**
   * Find machines for these pods of one workload, then write `spec.nodeName` and the annotation
   * `beemesh.io/bound-at` into their records and report `scheduled`, or `unschedulable`. A pod
   * that replaces a lost one has the annotation `beemesh.io/replaces`.
   */
  | {
      readonly kind: "schedule";
      /** Identifies the offer in logs and on the wire. */
      readonly task: string;
      readonly pods: readonly Pod[];
      /** `<namespace>/<name>` of the Deployment, else of the ReplicaSet, else of the pod. */
      readonly workload: string;
      readonly reason: "new" | "clone";
      /** Of a clone: what made it necessary. */
      readonly cause?: CloneCause;
    }
  /**
   * Have admission judge a pod that this controller of Kubernetes would make, and report
   * `admitted` with what it says, once for each. Nothing is written.
   */
  | {
      readonly kind: "admit";
      readonly pod: Pod;
      /** The name of its account, such as `replicaset-controller`. */
      readonly controller: string;
    }
  /** Ask these machines what their pods use, and report `usage` with what they say. */
  | { readonly kind: "measure"; readonly uid: string; readonly machines: readonly string[] }
  /** An Event of Kubernetes. Whoever writes it folds repetitions into a count. */
  | {
      readonly kind: "event";
      readonly object: ObjectRef;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
    }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };
