import type { KubeObject } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { base64OfText, textOfBase64 } from "./base64.ts";

/** Reads an object of the registry: `resource` is the plural, such as `configmaps`. */
export type Lookup = (resource: string, namespace: string, name: string) => KubeObject | undefined;

/** An object whose data a pod needs. */
export interface Dependency {
  readonly resource: "configmaps" | "runtimeclasses" | "secrets" | "serviceaccounts";
  readonly namespace: string;
  readonly name: string;
}

/** What could not be resolved, and what would have to change. */
export interface Missing {
  /** In the kubelet's words, such as `configmap "web" not found`. */
  readonly message: string;
  /** Undefined if no object can help. */
  readonly dependency?: Dependency;
}

/** A value, or why there is none. */
export type Resolved<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly missing: Missing };

/** Wraps what was resolved. */
export function resolved<Value>(value: Value): Resolved<Value> {
  return { ok: true, value };
}

/** Says what is missing. */
export function missing(message: string, dependency?: Dependency): Resolved<never> {
  return { ok: false, missing: dependency === undefined ? { message } : { message, dependency } };
}

/** The data of a ConfigMap or Secret: for each key its content in base64. */
export function dataOf(
  lookup: Lookup,
  dependency: Dependency,
): Resolved<ReadonlyMap<string, string>> {
  const { resource, namespace, name } = dependency;
  const object = lookup(resource, namespace, name);
  const noun = resource === "configmaps" ? "configmap" : "secret";
  if (object === undefined) return missing(`${noun} "${name}" not found`, dependency);
  const encode = resource === "configmaps" ? base64OfText : (content: string) => content;
  return resolved(
    new Map([
      ...textsOf(object["data"]).map(([key, text]) => [key, encode(text)] as const),
      ...textsOf(object["binaryData"]),
    ]),
  );
}

/** The content of a key as text, or what is missing, in the kubelet's words. */
export function textOf(lookup: Lookup, dependency: Dependency, key: string): Resolved<string> {
  const data = dataOf(lookup, dependency);
  if (!data.ok) return data;
  const content = data.value.get(key);
  const kind = dependency.resource === "configmaps" ? "ConfigMap" : "Secret";
  const place = `${kind} ${dependency.namespace}/${dependency.name}`;
  if (content === undefined) return missing(`couldn't find key ${key} in ${place}`, dependency);
  const text = textOfBase64(content);
  if (text === undefined) return missing(`key ${key} in ${place} is no text`, dependency);
  return resolved(text);
}

function textsOf(data: unknown): (readonly [string, string])[] {
  if (!isJsonObject(data)) return [];
  return Object.entries(data).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value] as const] : [],
  );
}
