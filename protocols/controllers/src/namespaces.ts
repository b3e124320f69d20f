import type { KubeObject, Resource } from "@beemesh/model";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import { namespaceResource, podResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { timestampOf } from "./timestamp.ts";
import {
  deleting,
  fine,
  isEnding,
  type Look,
  putting,
  puttingCounts,
  puttingStatus,
  removing,
  type View,
} from "./view.ts";

/** Objects deleted in one look; the rest follows in the next. */
const burstMax = 500;

/** The finalizer of a namespace that stands for all that is in it. */
const contentFinalizer = "kubernetes";

type Content = readonly [Resource, KubeObject];

/**
 * Ends a namespace that is being deleted: first its pods, then all else that is in it, then itself.
 *
 * Source: kubernetes/kubernetes, pkg/controller/namespace/deletion, namespaced_resources_deleter.go
 */
export const lookAtNamespace: Look = (object, view) => {
  if (object.kind !== "Namespace" || !isEnding(object)) return fine;
  const contents = contentsOf(object.metadata.name, view);
  if (contents.length === 0) return { actions: end(object) };
  const pods = contents.filter(([resource]) => resource.name === podResource.name);
  // What a pod reads stays until the pod is gone.
  const due = pods.length > 0 ? pods : contents;
  const deletions = due.flatMap(([resource, content]) => {
    const action = deleting(resource, content, view.now);
    return action === undefined ? [] : [action];
  });
  return { actions: [...progress(object, contents, view), ...deletions.slice(0, burstMax)] };
};

function contentsOf(namespace: string, { store }: View): Content[] {
  return store.resources.all
    .filter(({ namespaced }) => namespaced)
    .flatMap((resource) =>
      store.list(resource, namespace).items.map((object): Content => [resource, object]),
    );
}

/** Nothing is left in it: it goes, unless somebody else holds it by a finalizer. */
function end(namespace: KubeObject): Action[] {
  const { uid, finalizers: own = [] } = namespace.metadata;
  const spec = isJsonObject(namespace.spec) ? namespace.spec : {};
  const { finalizers } = spec;
  const listed = Array.isArray(finalizers) ? finalizers : [];
  const left = listed.filter((each) => each !== contentFinalizer);
  if (left.length + own.length === 0) return [removing(namespaceResource, namespace)];
  if (left.length === listed.length) return [];
  const object = { ...namespace, spec: { ...spec, finalizers: left } };
  return [putting(`empty ${uid}`, namespaceResource, object)];
}

function progress(namespace: KubeObject, contents: readonly Content[], view: View): Action[] {
  const status: JsonObject = isJsonObject(namespace.status) ? namespace.status : {};
  const conditions = conditionsOf(status, contents, view);
  const next = { ...status, phase: "Terminating", conditions };
  const text = canonicalJson(next);
  if (text === canonicalJson(status)) return [];
  const object = { ...namespace, status: next };
  const { uid } = namespace.metadata;
  if (status["phase"] === "Terminating") return [puttingCounts(text, namespaceResource, object)];
  return [puttingStatus(`terminating ${uid}`, namespaceResource, object)];
}

interface Verdict {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(
  status: JsonObject,
  contents: readonly Content[],
  { now }: View,
): readonly JsonObject[] {
  const { conditions } = status;
  const before = (Array.isArray(conditions) ? conditions : []).filter(isJsonObject);
  const verdicts = [...doneAtOnce, remaining(contents), held(contents)];
  const kept = before.filter(({ type }) => verdicts.every((verdict) => verdict.type !== type));
  const told = verdicts.map((verdict) => {
    const last = before.find(({ type }) => type === verdict.type);
    const since = last?.["status"] === verdict.status ? last["lastTransitionTime"] : undefined;
    return { ...verdict, lastTransitionTime: since ?? timestampOf(now.wallMs) };
  });
  return [...kept, ...told];
}

/**
 * What an API server may fail at that asks others: a machine knows its kinds, and deletes itself.
 */
const doneAtOnce: readonly Verdict[] = [
  {
    type: "NamespaceDeletionDiscoveryFailure",
    status: "False",
    reason: "ResourcesDiscovered",
    message: "All resources successfully discovered",
  },
  {
    type: "NamespaceDeletionGroupVersionParsingFailure",
    status: "False",
    reason: "ParsedGroupVersions",
    message: "All legacy kube types successfully parsed",
  },
  {
    type: "NamespaceDeletionContentFailure",
    status: "False",
    reason: "ContentDeleted",
    message: "All content successfully deleted, may be waiting on finalization",
  },
];

function remaining(contents: readonly Content[]): Verdict {
  const counts = countsOf(contents.map(([resource]) => resourceText(resource)));
  const parts = counts.map(([name, count]) => `${name} has ${count} resource instances`);
  return {
    type: "NamespaceContentRemaining",
    status: "True",
    reason: "SomeResourcesRemain",
    message: `Some resources are remaining: ${parts.join(", ")}`,
  };
}

function held(contents: readonly Content[]): Verdict {
  const finalizers = contents.flatMap(([, { metadata }]) => metadata.finalizers ?? []);
  const type = "NamespaceFinalizersRemaining";
  if (finalizers.length === 0) {
    const message = "All content-preserving finalizers finished";
    return { type, status: "False", reason: "ContentHasNoFinalizers", message };
  }
  const parts = countsOf(finalizers).map(
    ([name, count]) => `${name} in ${count} resource instances`,
  );
  const message = `Some content in the namespace has finalizers remaining: ${parts.join(", ")}`;
  return { type, status: "True", reason: "SomeFinalizersRemain", message };
}

/** As Kubernetes writes a resource of a group, the core group's empty name included. */
function resourceText({ name, group }: Resource): string {
  return `${name}.${group}`;
}

/** How often each text stands in a list, by text. */
function countsOf(texts: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
