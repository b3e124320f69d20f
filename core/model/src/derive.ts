/**
 * What a workload's specification gives by computation: names, ReplicaSets, pods. Everybody who
 * knows the specification computes the same, so that two who act do one thing, and a machine can
 * check that a pod it is asked to run is what the workload says.
 */
import { assert, hashOf, shortName } from "@beemesh/base";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import { defaults } from "./defaults.ts";
import { objectAt, textAt } from "./members.ts";
import type { KubeObject, OwnerReference } from "./object.ts";
import type { Pod } from "./pod.ts";
import { resourceOfKind } from "./resource.ts";
import { isPod, isReplicaSet, type ReplicaSet } from "./workload.ts";
import { labelsAt } from "./workload-rules.ts";

/** The label by which the pods of one template are told from those of another. */
export const templateHashLabel = "pod-template-hash";

/** The annotation of a derived pod: which of its ReplicaSet's slots it fills, from 0. */
export const slotAnnotation = "beemesh.io/slot";

const revisionAnnotation = "deployment.kubernetes.io/revision";
const hashLength = 10;
const slotNameLength = 5;

/** Annotations that speak of one object, not of what is derived from it. */
const ownAnnotations = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
]);

/** Ten letters and digits computed from a pod template, whatever its own hash label says. */
export function podTemplateHash(template: unknown): string {
  return shortName(canonicalJson(labelled(template, undefined)), hashLength);
}

/**
 * The ReplicaSet of a Deployment's present template, with computed name and uid. It wants as
 * many replicas as the Deployment; the Deployment's controller knows better while it rolls.
 */
export function replicaSetOf(deployment: KubeObject): ReplicaSet {
  const { name, namespace = "", uid = "" } = deployment.metadata;
  const spec = objectAt(deployment, "spec") ?? {};
  const hash = podTemplateHash(spec["template"]);
  const replicaSet: KubeObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      uid: derivedUid(`${uid}/${hash}`),
      labels: { ...labelsAt(spec["template"], "metadata", "labels"), [templateHashLabel]: hash },
      annotations: annotationsOf(deployment),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: spec["replicas"] ?? 1,
      ...(spec["minReadySeconds"] === undefined
        ? {}
        : { minReadySeconds: spec["minReadySeconds"] }),
      selector: selectorWith(objectAt(spec, "selector"), hash),
      template: labelled(spec["template"], hash),
    },
  };
  assert(isReplicaSet(replicaSet), "the deployment was validated");
  return replicaSet;
}

/** The name of the pod in a slot of a ReplicaSet, from its name and uid. */
export function slotName(replicaSet: KubeObject, slotIndex: number): string {
  const { name, uid = "" } = replicaSet.metadata;
  return `${name}-${shortName(`${uid}/${slotIndex}`, slotNameLength)}`;
}

/**
 * The pod of a slot, exactly as the ReplicaSet's template says, with its defaults. It has no
 * node, no status and no timestamp.
 *
 * @param slotIndex - From 0.
 * @param uid - Of this pod; another pod in the same slot has the same name and another uid.
 */
export function derivePod(replicaSet: KubeObject, slotIndex: number, uid: string): Pod {
  const template = objectAt(replicaSet, "spec", "template") ?? {};
  const metadata = objectAt(template, "metadata") ?? {};
  const pods = resourceOfKind("v1", "Pod");
  assert(pods !== undefined, "pods are served");
  const pod = defaults(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: slotName(replicaSet, slotIndex),
      generateName: `${replicaSet.metadata.name}-`,
      namespace: replicaSet.metadata.namespace ?? "",
      uid,
      labels: labelsAt(metadata, "labels"),
      annotations: { ...labelsAt(metadata, "annotations"), [slotAnnotation]: `${slotIndex}` },
      ownerReferences: [controllerReference(replicaSet)],
    },
    spec: template["spec"],
  });
  assert(isPod(pod), "the ReplicaSet was validated");
  return pod;
}

/** The slot that a derived pod says it fills; undefined if it says none. */
export function slotOf(pod: KubeObject): number | undefined {
  const text = textAt(pod, "metadata", "annotations", slotAnnotation);
  return /^(?:0|[1-9]\d{0,8})$/u.test(text) ? Number(text) : undefined;
}

/**
 * Whether a pod is what a ReplicaSet's template says, for the slot that it says it fills. It may
 * have a node, more labels and more annotations; all else is equal.
 */
export function isDerivedFrom(pod: KubeObject, replicaSet: KubeObject): boolean {
  const slot = slotOf(pod);
  if (slot === undefined || !isReplicaSet(replicaSet) || !isPod(pod)) return false;
  const expected = derivePod(replicaSet, slot, pod.metadata.uid ?? "");
  const { metadata } = pod;
  return (
    metadata.name === expected.metadata.name &&
    (metadata.namespace ?? "") === expected.metadata.namespace &&
    hasAll(metadata.labels, expected.metadata.labels) &&
    hasAll(metadata.annotations, expected.metadata.annotations) &&
    canonicalJson(controllersOf(pod)) === canonicalJson(controllersOf(expected)) &&
    specText(pod, expected) === specText(expected, expected)
  );
}

/**
 * What people call the workload of a pod: `<namespace>/<name>` of the Deployment, of another
 * owner, or of the pod itself.
 */
export function workloadName(pod: KubeObject): string {
  const { name, namespace = "", labels = {} } = pod.metadata;
  const [owner] = controllersOf(pod);
  if (owner === undefined) return `${namespace}/${name}`;
  const suffix = `-${labels[templateHashLabel] ?? ""}`;
  const isDeployed = owner.kind === "ReplicaSet" && suffix !== "-" && owner.name.endsWith(suffix);
  return `${namespace}/${isDeployed ? owner.name.slice(0, -suffix.length) : owner.name}`;
}

/** A uid computed from text, in the form of a UUID (version 8: made by a rule of one's own). */
export function derivedUid(text: string): string {
  const hex = [1, 2, 3]
    .map((seed) => hashOf(text, seed).toString(16).padStart(14, "0").slice(-12))
    .join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(12, 15)}`,
    `a${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ].join("-");
}

function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

function controllersOf(object: KubeObject): readonly OwnerReference[] {
  return (object.metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
}

/** A template with this hash as its label, or with none. */
function labelled(template: unknown, hash: string | undefined): JsonObject {
  const whole = isJsonObject(template) ? template : {};
  const metadata = objectAt(whole, "metadata") ?? {};
  const { [templateHashLabel]: _old, ...labels } = labelsAt(metadata, "labels");
  const marked = hash === undefined ? labels : { ...labels, [templateHashLabel]: hash };
  return { ...whole, metadata: { ...metadata, labels: marked } };
}

function selectorWith(selector: JsonObject | undefined, hash: string): JsonObject {
  const matchLabels = { ...labelsAt(selector, "matchLabels"), [templateHashLabel]: hash };
  return { ...selector, matchLabels };
}

function annotationsOf(deployment: KubeObject): Readonly<Record<string, string>> {
  const annotations = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(annotations.filter(([key]) => !ownAnnotations.has(key)));
}

function hasAll(
  have: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => have?.[key] === value);
}

/** The specification but for the node, unless the template itself names one. */
function specText(pod: Pod, expected: Pod): string {
  const { nodeName, ...rest } = pod.spec;
  return canonicalJson(expected.spec.nodeName === undefined ? rest : { ...rest, nodeName });
}
