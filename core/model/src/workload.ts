/**
 * The parts of workloads and services that BeeMesh acts on.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
 */
import { valueAt } from "./members.ts";
import type { KubeObject, ObjectMeta } from "./object.ts";
import type { Condition, LabelSelector, Pod, PodTemplate } from "./pod.ts";

export interface Deployment extends KubeObject {
  readonly apiVersion: "apps/v1";
  readonly kind: "Deployment";
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy?: {
      readonly type?: "Recreate" | "RollingUpdate";
      readonly rollingUpdate?: {
        /** A number of pods, or a share of the replicas such as `25%`. */
        readonly maxUnavailable?: number | string;
        readonly maxSurge?: number | string;
      };
    };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly paused?: boolean;
    readonly progressDeadlineSeconds?: number;
  };
}

export interface ReplicaSet extends KubeObject {
  readonly apiVersion: "apps/v1";
  readonly kind: "ReplicaSet";
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
  };
}

export interface ReplicationController extends KubeObject {
  readonly apiVersion: "v1";
  readonly kind: "ReplicationController";
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    /** Labels that its pods have; those of the template if none are given. */
    readonly selector?: Readonly<Record<string, string>>;
    readonly template: PodTemplate;
  };
}

export interface StatefulSet extends KubeObject {
  readonly apiVersion: "apps/v1";
  readonly kind: "StatefulSet";
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly serviceName?: string;
    readonly podManagementPolicy?: "OrderedReady" | "Parallel";
    readonly updateStrategy?: {
      readonly type?: "OnDelete" | "RollingUpdate";
      readonly rollingUpdate?: {
        /** Pods of lower ordinals stay as they are. */
        readonly partition?: number;
        /** A number of pods, or a share of the replicas such as `25%`. */
        readonly maxUnavailable?: number | string;
      };
    };
    readonly revisionHistoryLimit?: number;
    readonly ordinals?: { readonly start?: number };
    readonly volumeClaimTemplates?: readonly KubeObject[];
  };
  readonly status?: { readonly currentRevision?: string; readonly updateRevision?: string };
}

export interface DaemonSet extends KubeObject {
  readonly apiVersion: "apps/v1";
  readonly kind: "DaemonSet";
  readonly spec: {
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly updateStrategy?: {
      readonly type?: "OnDelete" | "RollingUpdate";
      readonly rollingUpdate?: {
        /** A number of pods, or a share of the machines such as `25%`. */
        readonly maxUnavailable?: number | string;
        readonly maxSurge?: number | string;
      };
    };
    readonly revisionHistoryLimit?: number;
  };
}

export interface Job extends KubeObject {
  readonly apiVersion: "batch/v1";
  readonly kind: "Job";
  readonly spec: {
    /** How many pods must succeed; undefined for a work queue, whose pods agree on the end. */
    readonly completions?: number;
    readonly parallelism?: number;
    readonly completionMode?: "Indexed" | "NonIndexed";
    readonly backoffLimit?: number;
    /** Of an Indexed Job: how often an index is tried again before it has failed. */
    readonly backoffLimitPerIndex?: number;
    readonly maxFailedIndexes?: number;
    readonly podFailurePolicy?: { readonly rules: readonly PodFailureRule[] };
    readonly successPolicy?: { readonly rules: readonly SuccessRule[] };
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly suspend?: boolean;
    readonly podReplacementPolicy?: "Failed" | "TerminatingOrFailed";
    readonly managedBy?: string;
    readonly selector?: LabelSelector;
    readonly template: PodTemplate;
  };
  readonly status?: JobStatus;
}

/** What a Job makes of a pod that has failed: by how its containers ended, or by a condition. */
export interface PodFailureRule {
  readonly action: "Count" | "FailIndex" | "FailJob" | "Ignore";
  readonly onExitCodes?: {
    /** Any container if it names none. */
    readonly containerName?: string;
    readonly operator: "In" | "NotIn";
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}

/** When an Indexed Job has succeeded before all of it has. */
interface SuccessRule {
  /** Such as `0,3-5`; all if it names none. */
  readonly succeededIndexes?: string;
  readonly succeededCount?: number;
}

export interface CronJob extends KubeObject {
  readonly apiVersion: "batch/v1";
  readonly kind: "CronJob";
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly startingDeadlineSeconds?: number;
    readonly concurrencyPolicy?: "Allow" | "Forbid" | "Replace";
    readonly suspend?: boolean;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate: { readonly metadata?: Partial<ObjectMeta>; readonly spec: Job["spec"] };
  };
  readonly status?: {
    readonly active?: readonly object[];
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
  };
}

export interface JobStatus {
  readonly conditions?: readonly Condition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  /** Which slots have succeeded, such as `0,3-5`. */
  readonly completedIndexes?: string;
  /** Which indexes have failed for good; absent unless each has a limit of its own. */
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: object;
}

/** Whether a valid object is a Pod. Of what validation refuses nothing can be said. */
export function isPod(object: KubeObject): object is Pod {
  return object.apiVersion === "v1" && object.kind === "Pod" && hasList(object, "containers");
}

/** Whether a valid object is a Deployment. */
export function isDeployment(object: KubeObject): object is Deployment {
  return isWorkload(object, "apps/v1", "Deployment");
}

/** Whether a valid object is a ReplicaSet. */
export function isReplicaSet(object: KubeObject): object is ReplicaSet {
  return isWorkload(object, "apps/v1", "ReplicaSet");
}

/** Whether a valid object is a ReplicationController. */
export function isReplicationController(object: KubeObject): object is ReplicationController {
  return isWorkload(object, "v1", "ReplicationController");
}

/** Whether a valid object is a StatefulSet. */
export function isStatefulSet(object: KubeObject): object is StatefulSet {
  return isWorkload(object, "apps/v1", "StatefulSet");
}

/** Whether a valid object is a DaemonSet. */
export function isDaemonSet(object: KubeObject): object is DaemonSet {
  return isWorkload(object, "apps/v1", "DaemonSet");
}

/** Whether a valid object is a CronJob. */
export function isCronJob(object: KubeObject): object is CronJob {
  const isNamed = object.apiVersion === "batch/v1" && object.kind === "CronJob";
  const path = ["spec", "jobTemplate", "spec", "template", "spec", "containers"];
  return isNamed && Array.isArray(valueAt(object, path));
}

/** Whether a valid object is a Job. */
export function isJob(object: KubeObject): object is Job {
  return isWorkload(object, "batch/v1", "Job");
}

function isWorkload(object: KubeObject, apiVersion: string, kind: string): boolean {
  return (
    object.apiVersion === apiVersion &&
    object.kind === kind &&
    Array.isArray(valueAt(object, ["spec", "template", "spec", "containers"]))
  );
}

function hasList(object: KubeObject, member: string): boolean {
  return Array.isArray(valueAt(object, ["spec", member]));
}
