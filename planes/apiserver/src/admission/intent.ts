/** What a request wants to do, as admission sees it: which object, before and after, by whom. */
import { apiVersionOf, type KubeObject } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { present } from "../field.ts";
import type { WriteOptions } from "../write-options.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface Intent {
  readonly operation: Operation;
  /** What is to be; undefined for a deletion. */
  readonly object: KubeObject | undefined;
  /** What is there; undefined for what is new. */
  readonly before: KubeObject | undefined;
  /** Empty for a name that has yet to be made. */
  readonly name: string;
  /** As the request gave them. */
  readonly options: JsonObject;
  readonly dryRun: boolean;
}

/** The group, version and kind of what an intent is about. */
export interface KindName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const optionKinds: Readonly<Record<Operation, string>> = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
  CONNECT: "",
};

/** The options of a write, as an object of Kubernetes. */
export function optionsObject(
  operation: Operation,
  { dryRun, fieldManager, fieldValidation, force }: Partial<WriteOptions>,
  kind: string = optionKinds[operation],
): JsonObject {
  if (kind === "") return {};
  const members = present({
    kind,
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun === true ? { dryRun: ["All"] } : {}),
    ...(fieldManager ? { fieldManager } : {}),
    fieldValidation,
    force,
  });
  return jsonObjectOf(members);
}

/** That an object takes the place of another. */
export function changeIntent(
  before: KubeObject,
  object: KubeObject,
  options: WriteOptions,
): Intent & { readonly object: KubeObject } {
  return {
    operation: "UPDATE",
    object,
    before,
    name: before.metadata.name,
    options: optionsObject("UPDATE", options),
    dryRun: options.dryRun,
  };
}

/** The kind of an intent: of its object, else of what the path names. */
export function kindOf({ info }: Pick<Call, "info">, { object }: Intent): KindName {
  const apiVersion = object?.apiVersion || apiVersionOf(info.resource);
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return { group: group ?? "", version: version ?? "", kind: object?.kind || info.resource.kind };
}

/** The namespace of an intent; a Namespace is in itself. */
export function namespaceOf({ info }: Pick<Call, "info">, { name, object }: Intent): string {
  const isNamespace = info.resource.group === "" && info.resource.name === "namespaces";
  return isNamespace ? name || (object?.metadata.name ?? "") : info.namespace;
}

/** An object as JSON; `null` for none. What has no JSON form is left out. */
export function jsonOf(value: unknown): Json {
  return isJsonObject(value) || Array.isArray(value) ? value : null;
}

function jsonObjectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
