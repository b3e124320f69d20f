import type { JsonObject } from "@beemesh/wire";
import type { KubeObject } from "./object.ts";
import { resourceRows } from "./resource-rows.ts";

/** A kind that the API serves, and how its requests name it. */
export interface Resource {
  /** Plural, lower case: `deployments`. */
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Whether `metadata.generation` counts changes of the specification. */
  readonly hasGeneration: boolean;
  /** Whether the status is written only through the status subresource. */
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  /** What a CustomResourceDefinition says of it; undefined for the API's own. */
  readonly custom?: CustomVersion;
}

/** One version of a custom resource, as its definition says. */
export interface CustomVersion {
  readonly definition: KubeObject;
  /** Its item of `spec.versions`. */
  readonly version: JsonObject;
  /** The version that records are kept in. */
  readonly storageVersion: string;
  readonly isServed: boolean;
  readonly listKind: string;
  /** Its structural schema. */
  readonly schema: JsonObject;
  /** What clients are told who use it. */
  readonly deprecation: string | undefined;
}

/** Every kind that the API serves and keeps: a row each. */
export const resources: readonly Resource[] = resourceRows;

const byName = new Map(resources.map((each) => [`${each.group}/${each.name}`, each]));
const byKind = new Map(resources.map((each) => [`${apiVersionOf(each)}/${each.kind}`, each]));

/** The API's own resource that requests call `name` in `group`, such as `deployments` in `apps`. */
export function findResource(group: string, name: string): Resource | undefined {
  return byName.get(`${group}/${name}`);
}

/** The API's own resource of an object's `apiVersion` and `kind`. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return byKind.get(`${apiVersion}/${kind}`);
}

/** `apps/v1` of a Deployment, `v1` of a Pod. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}
