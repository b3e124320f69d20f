/** What becomes of an object on its way in, beyond its schema: rules of namespaces and names. */
import type { Random } from "@beemesh/base";
import { findResource, type KubeObject, withJobSelector } from "@beemesh/model";
import type { Call } from "./call.ts";
import { fieldAt } from "./field.ts";
import { forbidden, notFound, type Status } from "./status.ts";

/** Letters and digits of generated names: none that form words (k8s.io/apimachinery, rand). */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
/** A generated name fits into a DNS label: 63 characters (k8s.io/apiserver, names). */
const generatedNameLengthMax = 63;

/** A name that starts with `prefix` and ends in five random characters. */
export function generatedName(prefix: string, random: Random): string {
  let suffix = "";
  for (let index = 0; index < suffixLength; index += 1) {
    suffix += suffixAlphabet[random.below(suffixAlphabet.length)];
  }
  return prefix.slice(0, generatedNameLengthMax - suffixLength) + suffix;
}

/** Why nothing may be created in the call's namespace, if so. */
export function namespaceRefusal({ context, info }: Call, name: string): Status | undefined {
  const namespaces = findResource("", "namespaces");
  if (!info.resource.namespaced || namespaces === undefined) return undefined;
  const namespace = context.store.get(namespaces, "", info.namespace);
  if (namespace === undefined) return notFound(namespaces, info.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return undefined;
  const place = `new content in namespace ${info.namespace}`;
  const why = `unable to create ${place} because it is being terminated`;
  const message = `namespace ${info.namespace} is being terminated`;
  const cause = { reason: "NamespaceTerminating", message, field: "metadata.namespace" };
  return forbidden(info.resource, name, why, [cause]);
}

/** What Kubernetes adds to a new object of some kinds, once it has its uid. */
export function admitted(object: KubeObject): KubeObject {
  if (object.kind === "Job") return withJobSelector(object);
  if (object.kind !== "Namespace" || object.apiVersion !== "v1") return object;
  const { metadata } = object;
  const labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
  const finalizers = fieldAt(object, "spec", "finalizers") ?? ["kubernetes"];
  return { ...object, metadata: { ...metadata, labels }, spec: { finalizers } };
}
