/** What all pods have in common that are derived from a template, whatever kind has it. */
import { assert, hashOf } from "@beemesh/base";
import { canonicalJson, type Json, type JsonObject } from "@beemesh/wire";
import { defaults } from "./defaults.ts";
import { entriesAt, listAt, objectAt, objectsAt, textAt, valueAt } from "./members.ts";
import type { KubeObject, OwnerReference } from "./object.ts";
import type { Pod } from "./pod.ts";
import { resourceOfKind } from "./resource.ts";
import { isPod } from "./workload.ts";
import { labelsAt } from "./workload-rules.ts";

/** The annotation of a derived pod: which of its owner's slots it fills, from 0. */
export const slotAnnotation = "beemesh.io/slot";

/** Annotation of a pod that a controller has made: the mutating webhooks that have changed it. */
export const mutatorsAnnotation = "beemesh.io/mutated-by";

/** What tells the pod of one slot from the others. */
export interface PodMarks {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A pod of its owner's template with its defaults; no node, no status and no timestamp. */
export function podOfTemplate(
  owner: KubeObject,
  { name, uid, labels, annotations }: PodMarks,
  specOf: (spec: JsonObject) => JsonObject = (spec) => spec,
): Pod {
  const template = objectAt(owner, "spec", "template") ?? {};
  const metadata = objectAt(template, "metadata") ?? {};
  const { [mutatorsAnnotation]: _, ...told } = labelsAt(metadata, "annotations");
  const pods = resourceOfKind("v1", "Pod");
  assert(pods !== undefined, "pods are served");
  const pod = defaults(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? "",
      uid,
      labels: { ...labelsAt(metadata, "labels"), ...labels },
      annotations: { ...told, ...annotations },
      ownerReferences: [controllerReference(owner)],
    },
    spec: specOf(objectAt(template, "spec") ?? {}),
  });
  assert(isPod(pod), "the owner was validated");
  return pod;
}

/**
 * Whether a pod is what was derived for its slot. It may have a node, ephemeral containers, more
 * labels and more annotations, where nothing is stated a priority, the account `default` with its
 * pull secrets, and requests and limits of single resources, and what a RuntimeClass adds if it
 * names one; all else is equal. Once changed, it may have other amounts of CPU and memory, never
 * none where the template has some.
 */
export function isAsDerived(pod: Pod, expected: Pod): boolean {
  return (
    isInPlace(pod, expected) &&
    hasAll(pod.metadata.annotations, expected.metadata.annotations) &&
    specText(pod, expected) === specText(expected, expected)
  );
}

/**
 * Whether a pod has the place that it was derived for, whatever somebody has made of what runs in
 * it: its name, its controller, the labels of its template, and our own annotations.
 */
export function isInPlace(pod: Pod, expected: Pod): boolean {
  const { metadata } = pod;
  const own = Object.entries(expected.metadata.annotations ?? {}).filter(([key]) =>
    ownPrefixes.some((prefix) => key.startsWith(prefix)),
  );
  return (
    metadata.name === expected.metadata.name &&
    (metadata.namespace ?? "") === expected.metadata.namespace &&
    hasAll(metadata.labels, expected.metadata.labels) &&
    hasAll(metadata.annotations, Object.fromEntries(own)) &&
    canonicalJson(controllersOf(pod)) === canonicalJson(controllersOf(expected))
  );
}

/** Annotations that tell controllers where a pod belongs. */
const ownPrefixes = ["beemesh.io/", "batch.kubernetes.io/"];

/** The whole number from 0 that an annotation tells; undefined if it tells none. */
export function countIn(object: KubeObject, annotation: string): number | undefined {
  const text = textAt(object, "metadata", "annotations", annotation);
  return /^(?:0|[1-9]\d{0,8})$/u.test(text) ? Number(text) : undefined;
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

/** What makes the owner a controller of what it owns. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owners that control an object; no valid object has more than one. */
export function controllersOf(object: KubeObject): readonly OwnerReference[] {
  return (object.metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
}

function hasAll(
  have: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => have?.[key] === value);
}

/**
 * The specification but for the node, unless the template itself names one, for what was added to
 * look into the pod, and for what its namespace gives every pod that does not say: a priority, an
 * account, overhead, requests and limits.
 */
function specText(pod: Pod, expected: Pod): string {
  const { ephemeralContainers: _looks, ...spec } = withoutGiven(pod, expected);
  if (expected.spec.nodeName !== undefined) return canonicalJson(spec);
  const { nodeName: _, ...rest } = spec;
  return canonicalJson(rest);
}

/** What a PriorityClass and a ServiceAccount fill in. */
const givenMembers = [
  "priority",
  "priorityClassName",
  "preemptionPolicy",
  "imagePullSecrets",
] as const;

/** Names the account that every pod has that names none. */
const accountMembers = ["serviceAccountName", "serviceAccount"] as const;

/** The pod's specification without what the expected one leaves to its namespace. */
function withoutGiven(pod: Pod, expected: Pod): JsonObject {
  const spec: Record<string, Json> = { ...objectAt(pod, "spec") };
  const isOpen = (member: string): boolean => valueAt(expected, ["spec", member]) === undefined;
  for (const member of givenMembers) if (isOpen(member)) delete spec[member];
  for (const member of accountMembers) {
    if (isOpen(member) && spec[member] === "default") delete spec[member];
  }
  if (expected.spec.runtimeClassName !== undefined) leaveToRuntime(spec, expected);
  for (const list of ["containers", "initContainers"]) {
    if (!Object.hasOwn(spec, list)) continue;
    const wanted = objectsAt(expected, "spec", list);
    spec[list] = objectsAt(spec, list).map((each, index) =>
      withoutShares(each, wanted[index], wasChanged(pod)),
    );
  }
  return spec;
}

/** What a RuntimeClass adds: what the pod costs, and where it may run. */
function leaveToRuntime(spec: Record<string, Json>, expected: Pod): void {
  const { nodeSelector, tolerations } = expected.spec;
  if (valueAt(expected, ["spec", "overhead"]) === undefined) delete spec["overhead"];
  const selected = entriesAt(spec, "nodeSelector").filter(([key]) =>
    Object.hasOwn(nodeSelector ?? {}, key),
  );
  if (nodeSelector === undefined) delete spec["nodeSelector"];
  else spec["nodeSelector"] = Object.fromEntries(selected);
  if (tolerations === undefined) delete spec["tolerations"];
  else spec["tolerations"] = listAt(spec, "tolerations").slice(0, tolerations.length);
}

/**
 * Whether a pod is another one than it was made as. Of one that a template derives the resources
 * alone can change so that it goes on being its owner's: what else changes is compared.
 */
function wasChanged({ metadata }: Pod): boolean {
  return (metadata.generation ?? 1) > 1;
}

/** Resources of which a pod that runs may be given other amounts, as `pods/resize` does it. */
const resizable: ReadonlySet<string> = new Set(["cpu", "memory"]);

function withoutShares(
  container: JsonObject,
  wanted: JsonObject | undefined,
  isResized: boolean,
): JsonObject {
  const { resources: _, ...rest } = container;
  const own = objectAt(wanted, "resources");
  const resources: Record<string, Json> = { ...objectAt(container, "resources") };
  for (const share of ["requests", "limits"]) {
    const stated = objectAt(own, share);
    const amount = (name: string, given: Json): Json =>
      isResized && resizable.has(name) ? (stated?.[name] ?? given) : given;
    const kept = entriesAt(resources, share)
      .filter(([name]) => Object.hasOwn(stated ?? {}, name))
      .map(([name, given]): [string, Json] => [name, amount(name, given)]);
    if (kept.length > 0 || stated !== undefined) resources[share] = Object.fromEntries(kept);
    else delete resources[share];
  }
  const isBare = own === undefined && Object.keys(resources).length === 0;
  return isBare ? rest : { ...rest, resources };
}
