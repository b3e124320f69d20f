/**
 * What a StatefulSet and a DaemonSet give by computation: the ControllerRevision of a template,
 * and the pod of an ordinal or of a machine. A pod is of one revision, which its label names; so
 * one of an earlier template can still be told from one that nobody asked for.
 */
import { assert, shortName } from "@beemesh/base";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import {
  controllerReference,
  controllersOf,
  countIn,
  derivedUid,
  podOfTemplate,
  slotAnnotation,
} from "./derivation.ts";
import { isSet, listAt, objectAt, objectsAt, textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Pod } from "./pod.ts";
import { type DaemonSet, isDaemonSet, isStatefulSet, type StatefulSet } from "./workload.ts";
import { labelsAt } from "./workload-rules.ts";

/** The label of a revision, and of the pods of one: which template they are of. */
export const revisionLabel = "controller-revision-hash";

/** The annotation of a DaemonSet's pod: the machine that it is for. */
const machineNameAnnotation = "beemesh.io/for-machine";

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const hashLength = 10;
const machineNameLength = 5;

/** A host name is one label of DNS (RFC 1035). */
const hostnameLengthMax = 63;

/** What has pods of several revisions of its template. */
export type Versioned = StatefulSet | DaemonSet;

/** Whether a valid object is one whose pods are of a ControllerRevision. */
export function isVersioned(object: KubeObject): object is Versioned {
  return isStatefulSet(object) || isDaemonSet(object);
}

/**
 * The ControllerRevision of the present template, with computed name and uid, number 0. Its data
 * is the patch that `kubectl rollout undo` sends.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
 */
export function revisionOfTemplate(owner: Versioned): KubeObject {
  const { name, namespace = "", uid = "" } = owner.metadata;
  const template = templateOf(owner);
  const hash = shortName(canonicalJson(template), hashLength);
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      uid: derivedUid(`${uid}/revision/${hash}`),
      labels: { ...labelsAt(template, "metadata", "labels"), [revisionLabel]: hash },
      annotations: annotationsOf(owner),
      ownerReferences: [controllerReference(owner)],
    },
    data: { spec: { template: { ...template, $patch: "replace" } } },
    revision: 0,
  };
}

/** The owner as it was when a revision of it was the present one. */
export function asOfRevision<Owner extends Versioned>(owner: Owner, revision: KubeObject): Owner {
  const { $patch: _, ...template } = objectAt(revision, "data", "spec", "template") ?? {};
  const before: KubeObject = { ...owner, spec: { ...owner.spec, template } };
  // The kind is the owner's; whether the template is one is checked by whoever runs its pods.
  return isSame(before, owner) ? before : owner;
}

/** Whether a revision is what the owner derives of its own or of an earlier template. */
export function isRevisionOf(revision: KubeObject, owner: Versioned): boolean {
  const template = objectAt(revision, "data", "spec", "template");
  if (template === undefined || !Array.isArray(objectAt(template, "spec")?.["containers"])) {
    return false;
  }
  const then = revisionOfTemplate(asOfRevision(owner, revision));
  return (
    then.metadata.name === revision.metadata.name &&
    then.metadata.namespace === (revision.metadata.namespace ?? "") &&
    canonicalJson(then["data"]) === canonicalJson(revision["data"]) &&
    controllersOf(revision)[0]?.uid === owner.metadata.uid
  );
}

/** The name of the revision that a pod says it is of; empty if it says none. */
export function revisionNameOf(
  pod: KubeObject,
  owner: { readonly kind: string; readonly name: string },
): string {
  const label = textAt(pod, "metadata", "labels", revisionLabel);
  if (label === "") return "";
  return owner.kind === "DaemonSet" ? `${owner.name}-${label}` : label;
}

/**
 * The pod of an ordinal, exactly as the StatefulSet's template says: its name is also the name of
 * its host, below the Service that the StatefulSet names.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
 */
export function deriveStatefulPod(owner: StatefulSet, ordinal: number, uid: string): Pod {
  const { name: ownerName } = owner.metadata;
  const name = `${ownerName}-${ordinal}`;
  const marks = {
    name,
    uid,
    labels: {
      [podNameLabel]: name,
      [podIndexLabel]: String(ordinal),
      [revisionLabel]: revisionOfTemplate(owner).metadata.name,
    },
    annotations: { [slotAnnotation]: String(ordinal) },
  };
  return podOfTemplate(owner, marks, (spec) => ({
    ...spec,
    hostname: name.slice(0, hostnameLengthMax),
    ...(owner.spec.serviceName ? { subdomain: owner.spec.serviceName } : {}),
    ...claimed(spec, owner, name),
  }));
}

/** The pod's volumes with one for each claim template; `<template>-<pod>` names the claim. */
function claimed(
  spec: JsonObject,
  { spec: { volumeClaimTemplates } }: StatefulSet,
  pod: string,
): JsonObject {
  const names = listAt({ volumeClaimTemplates: volumeClaimTemplates ?? [] }, "volumeClaimTemplates")
    .map((claim) => textAt(claim, "metadata", "name"))
    .filter((name) => name !== "");
  if (names.length === 0) return {};
  const others = objectsAt(spec, "volumes").filter(
    (volume) => !names.includes(textAt(volume, "name")),
  );
  const claims = names.map((name) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${pod}` },
  }));
  return { volumes: [...others, ...claims] };
}

/** The name of a DaemonSet's pod on a machine: another for each revision, so that both can be. */
function daemonPodName(owner: DaemonSet, machine: string): string {
  const { name, uid = "" } = owner.metadata;
  const revision = revisionOfTemplate(owner).metadata.name;
  return `${name}-${shortName(`${uid}/${revision}/${machine}`, machineNameLength)}`;
}

/**
 * The pod of a machine, exactly as the DaemonSet's template says, with an affinity to that
 * machine alone and the tolerations that every DaemonSet's pod has.
 */
export function deriveDaemonPod(owner: DaemonSet, machine: string, uid: string): Pod {
  const hash = textAt(revisionOfTemplate(owner), "metadata", "labels", revisionLabel);
  const marks = {
    name: daemonPodName(owner, machine),
    uid,
    labels: { [revisionLabel]: hash },
    annotations: { [machineNameAnnotation]: machine },
  };
  return podOfTemplate(owner, marks, (spec) => ({
    ...spec,
    affinity: boundTo(machine, objectAt(spec, "affinity") ?? {}),
    tolerations: withDaemonTolerations(spec),
  }));
}

/** The machine that a DaemonSet's pod says it is for; empty if it says none. */
export function machineNameOf(pod: KubeObject): string {
  return textAt(pod, "metadata", "annotations", machineNameAnnotation);
}

/** What a versioned owner derives for the place that a pod says it has. */
export function deriveMember(pod: Pod, owner: Versioned): Pod | undefined {
  const { uid = "" } = pod.metadata;
  if (isDaemonSet(owner)) {
    const machine = machineNameOf(pod);
    return machine === "" ? undefined : deriveDaemonPod(owner, machine, uid);
  }
  const ordinal = countIn(pod, slotAnnotation);
  return ordinal === undefined ? undefined : deriveStatefulPod(owner, ordinal, uid);
}

/**
 * What a DaemonSet's pod puts up with.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
 */
export const daemonTolerations = (
  [
    ["not-ready", "NoExecute"],
    ["unreachable", "NoExecute"],
    ["disk-pressure", "NoSchedule"],
    ["memory-pressure", "NoSchedule"],
    ["pid-pressure", "NoSchedule"],
    ["unschedulable", "NoSchedule"],
  ] as const
).map(([condition, effect]) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: "Exists" as const,
  effect,
}));

/** The tolerations of a template's pods on their machines. */
function withDaemonTolerations(spec: JsonObject): Json[] {
  const own = listAt(spec, "tolerations");
  const texts = new Set(own.map((each) => canonicalJson(each)));
  return [...own, ...daemonTolerations.filter((each) => !texts.has(canonicalJson(each)))];
}

/** The machine was chosen by what the template asks for; the pod asks for that machine alone. */
function boundTo(machine: string, affinity: JsonObject): JsonObject {
  const matchFields = [{ key: "metadata.name", operator: "In", values: [machine] }];
  return {
    ...affinity,
    nodeAffinity: {
      ...objectAt(affinity, "nodeAffinity"),
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
}

/** A template as it is hashed and kept: without what is not set. */
function templateOf(owner: Versioned): JsonObject {
  const template = objectAt(owner, "spec", "template");
  assert(isJsonObject(template), "the owner was validated");
  return Object.fromEntries(Object.entries(template).filter(([, value]) => isSet(value)));
}

function annotationsOf({ metadata }: KubeObject): Readonly<Record<string, string>> {
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  return annotations;
}

function isSame<Owner extends Versioned>(object: KubeObject, owner: Owner): object is Owner {
  return object.kind === owner.kind && isVersioned(object);
}
