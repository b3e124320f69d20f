import type { Now } from "@beemesh/base";
import type { ControllersEffect } from "@beemesh/controllers";
import {
  disruptedStatus,
  formatTime,
  type Pod,
  type PodStatus,
  type Resource,
  resizeConditions,
} from "@beemesh/model";
import type { PodsEffect } from "@beemesh/pods";
import type { ObjectStore } from "@beemesh/ports";
import type { Objects, RegistryEffect } from "@beemesh/registry";
import type { PeerId } from "@beemesh/wire";
import { bindPod } from "./placement.ts";
import { eventResource, type Occurrence, Recorder } from "./recorder.ts";
import { resourceNamed } from "./resource.ts";
import { isPod } from "./runner.ts";

const podResource = resourceNamed("", "pods");

/** Kubernetes' own default for pods that do not say how long they need to end. */
const graceSecondsDefault = 30;

/**
 * Kinds that users write and controllers only add their notes to. A user may have written, or
 * deleted, on the other side of a cut: that stands, and the note is made again.
 */
const ownedByUsers: ReadonlySet<string> = new Set([
  "deployments",
  "replicationcontrollers",
  "services",
  "statefulsets",
]);

/** Fields that an Event names; the first ones say where to look. */
const disunionFieldsMax = 5;

function isOfUsers({ custom, name }: Resource): boolean {
  return custom !== undefined || ownedByUsers.has(name);
}

/** The registry as it is written to. */
type Records = ObjectStore & Pick<Objects, "amendSpec">;

/** A machine that took a pod. */
export interface Taker {
  readonly name: string;
  readonly peer: PeerId;
}

/**
 * Writes what this machine's parts want written. Each write looks first whether the record still
 * is of the pod it speaks of: between the wish and the write another may have taken the name.
 */
export class Scribe {
  readonly #objects: Records;
  readonly #recorder: Recorder;
  readonly #self: Taker;

  constructor(objects: Records, self: Taker) {
    this.#objects = objects;
    this.#self = self;
    this.#recorder = new Recorder({ component: "beemesh", host: self.name });
  }

  /** Does what a controller wants written. */
  write(effect: Extract<ControllersEffect, { kind: "put" | "putStatus" | "remove" }>): void {
    if (effect.kind === "put" && isOfUsers(effect.resource)) {
      this.#objects.amendSpec(effect.resource, effect.object);
    } else if (effect.kind === "put") this.#objects.putSpec(effect.resource, effect.object);
    else if (effect.kind === "putStatus") this.#objects.putStatus(effect.resource, effect.object);
    else {
      const { namespace = "", name, uid } = effect.ref;
      const present = this.#objects.get(effect.resource, namespace, name);
      if (present?.metadata.uid === uid) this.#objects.remove(effect.resource, namespace, name);
    }
  }

  /** Writes the status of a pod that runs here. */
  report({ namespace, name, uid, status }: Extract<PodsEffect, { kind: "status" }>): void {
    const pod = this.#objects.get(podResource, namespace, name);
    if (!isPod(pod) || pod.metadata.uid !== uid) return;
    this.#objects.putStatus(podResource, { ...pod, status: withOthers(status, pod.status) });
  }

  /** Has a pod go, so that a more important one can have its place. */
  preempt(victim: Pod, by: Pod, now: Now): void {
    const { namespace = "", name, uid = "" } = victim.metadata;
    const pod = this.#objects.get(podResource, namespace, name);
    if (!isPod(pod) || pod.metadata.uid !== uid) return;
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const message = "beemesh: preempting to accommodate a higher priority pod";
    const why = { reason: "PreemptionByScheduler", message };
    const status = disruptedStatus(pod, why, now.wallMs);
    this.#objects.putStatus(podResource, { ...pod, status });
    const graceSeconds = pod.spec.terminationGracePeriodSeconds ?? graceSecondsDefault;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: formatTime(now.wallMs + graceSeconds * 1000) ?? "",
      deletionGracePeriodSeconds: graceSeconds,
    };
    this.#objects.putSpec(podResource, { ...pod, metadata });
    const occurrence = {
      object: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
      type: "Normal",
      reason: "Preempted",
      message: `Preempted by pod ${by.metadata.uid} on node ${this.#self.name}`,
    } as const;
    this.record(occurrence, now);
  }

  /** Shows where a pod will run as soon as those have gone that have its place. */
  nominate({ metadata }: Pod): void {
    const { namespace = "", name, uid = "" } = metadata;
    const pod = this.#objects.get(podResource, namespace, name);
    if (!isPod(pod) || pod.metadata.uid !== uid) return;
    const { name: nominatedNodeName } = this.#self;
    if (pod.status?.nominatedNodeName === nominatedNodeName) return;
    const status = { ...pod.status, phase: "Pending" as const, nominatedNodeName };
    this.#objects.putStatus(podResource, { ...pod, status });
  }

  /**
   * A deleted pod has stopped: its record goes too, unless finalizers hold it. Then it says that
   * nothing else does, and goes with the last of them.
   */
  bury({ namespace, name, uid }: Extract<PodsEffect, { kind: "removed" }>): void {
    const pod = this.#objects.get(podResource, namespace, name);
    if (pod === undefined || pod.metadata.uid !== uid) return;
    const { finalizers = [], deletionGracePeriodSeconds } = pod.metadata;
    if (finalizers.length === 0) this.#objects.remove(podResource, namespace, name);
    else if (deletionGracePeriodSeconds !== 0) {
      const metadata = { ...pod.metadata, deletionGracePeriodSeconds: 0 };
      this.#objects.putSpec(podResource, { ...pod, metadata });
    }
  }

  /** Tells that a pod is lost which never was here: another is made in its place. */
  disown({ metadata }: Pod, message: string): void {
    const { namespace = "", name, uid = "" } = metadata;
    const status: PodStatus = { phase: "Failed", reason: "Lost", message };
    this.report({ kind: "status", namespace, name, uid, status });
  }

  /** Writes a pod's own record again, with a newer stamp. */
  reassert(pod: Pod): void {
    this.#objects.putSpec(podResource, pod);
  }

  /**
   * Writes into a pod's record which machine has taken it.
   *
   * @returns Whether the pod still waited for a machine.
   */
  bind({ metadata }: Pod, taker: Taker, now: Now): boolean {
    const { namespace = "", name, uid = "" } = metadata;
    const pod = this.#objects.get(podResource, namespace, name);
    if (!isPod(pod) || pod.metadata.uid !== uid || pod.spec.nodeName !== undefined) return false;
    const award = { wallMs: Math.floor(now.wallMs), author: this.#self.peer };
    this.#objects.putSpec(podResource, bindPod(pod, taker, award));
    const occurrence = {
      object: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
      type: "Normal",
      reason: "Scheduled",
      message: `Successfully assigned ${namespace}/${name} to ${taker.name}`,
    } as const;
    this.record(occurrence, now);
    return true;
  }

  /** Tells whoever looks at an object that something written while the network was cut is lost. */
  recordDisunion(effect: Extract<RegistryEffect, { kind: "disunited" }>, now: Now): void {
    const { apiVersion, kind, metadata } = effect.object;
    const { name, namespace, uid = "" } = metadata;
    const place = namespace === undefined ? { name } : { name, namespace };
    const fields = effect.fields.filter((field) => field !== "").slice(0, disunionFieldsMax);
    const where = fields.length === 0 ? "" : ` (${fields.join(", ")})`;
    const why = `together they are not valid${where}`;
    const message = `Kept the newer of two versions from both sides of a cut: ${why}`;
    const object = { apiVersion, kind, ...place, uid };
    this.record({ object, type: "Warning", reason: "NotReunited", message }, now);
  }

  /** Writes an Event, unless the same was written only just now. */
  record(occurrence: Occurrence, now: Now): void {
    const event = this.#recorder.record(occurrence, now);
    if (event !== undefined) this.#objects.putSpec(eventResource, event);
  }
}

/** What others have said of a pod, such as why it has to go, stays beside what its machine says. */
function withOthers(status: PodStatus, before: PodStatus | undefined): PodStatus {
  const { conditions = [] } = status;
  const own = new Set([...conditions.map(({ type }) => type), ...resizeConditions]);
  const others = (before?.conditions ?? []).filter(({ type }) => !own.has(type));
  return others.length === 0 ? status : { ...status, conditions: [...conditions, ...others] };
}
