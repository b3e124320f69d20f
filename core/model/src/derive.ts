/**
 * What a workload's specification gives by computation: names, ReplicaSets, pods. Everybody who
 * knows the specification computes the same, so that two who act do one thing, and a machine can
 * check that a pod it is asked to run is what the workload says.
 */
import { assert, shortName } from "@beemesh/base";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import {
  controllerReference,
  controllersOf,
  countIn,
  derivedUid,
  isAsDerived,
  isInPlace,
  podOfTemplate,
  slotAnnotation,
} from "./derivation.ts";
import { deriveJobPod, jobPlaceOf } from "./derive-job.ts";
import { asOfRevision, deriveMember, isVersioned } from "./derive-member.ts";
import { objectAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Pod } from "./pod.ts";
import {
  isJob,
  isPod,
  isReplicaSet,
  isReplicationController,
  type ReplicaSet,
} from "./workload.ts";
import { labelsAt } from "./workload-rules.ts";

/** The label by which the pods of one template are told from those of another. */
export const templateHashLabel = "pod-template-hash";

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
  const name = slotName(replicaSet, slotIndex);
  const annotations = { [slotAnnotation]: `${slotIndex}` };
  return podOfTemplate(replicaSet, { name, uid, labels: {}, annotations });
}

/** The slot that a derived pod says it fills; undefined if it says none. */
export function slotOf(pod: KubeObject): number | undefined {
  return countIn(pod, slotAnnotation);
}

/**
 * Whether a pod is what the template of its owner says, for the place that it says it has. It may
 * have a node, more labels and more annotations; all else is equal.
 *
 * @param revision - Of a StatefulSet or DaemonSet: the ControllerRevision whose template is meant;
 *   the present one if not given.
 */
export function isDerivedFrom(pod: KubeObject, owner: KubeObject, revision?: KubeObject): boolean {
  if (!isPod(pod)) return false;
  const expected = derivedAs(pod, owner, revision);
  return expected !== undefined && isAsDerived(pod, expected);
}

/** Whether a pod has a place of its owner's, whatever has become of what runs in it. */
export function isPlacedBy(pod: KubeObject, owner: KubeObject, revision?: KubeObject): boolean {
  const expected = isPod(pod) ? derivedAs(pod, owner, revision) : undefined;
  return isPod(pod) && expected !== undefined && isInPlace(pod, expected);
}

/** What an owner derives for the place that a pod says it has. */
function derivedAs(pod: Pod, owner: KubeObject, revision?: KubeObject): Pod | undefined {
  const { uid = "" } = pod.metadata;
  if (isVersioned(owner)) {
    return deriveMember(pod, revision === undefined ? owner : asOfRevision(owner, revision));
  }
  const slot = slotOf(pod);
  const place = jobPlaceOf(pod);
  const isSet = isReplicaSet(owner) || isReplicationController(owner);
  if (isSet && slot !== undefined) return derivePod(owner, slot, uid);
  return isJob(owner) && place !== undefined ? deriveJobPod(owner, place, uid) : undefined;
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
