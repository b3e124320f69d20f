import { type KubeObject, withJobSelector } from "@beemesh/model";
import { fieldAt } from "../field.ts";

/** What Kubernetes adds to a new object of some kinds, once it has its uid. */
export function prepared(object: KubeObject): KubeObject {
  if (object.kind === "Job") return withJobSelector(object);
  if (object.kind !== "Namespace" || object.apiVersion !== "v1") return object;
  const { metadata } = object;
  const labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
  const finalizers = fieldAt(object, "spec", "finalizers") ?? ["kubernetes"];
  return { ...object, metadata: { ...metadata, labels }, spec: { finalizers } };
}
