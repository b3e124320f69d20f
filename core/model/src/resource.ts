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
}

/** Every kind that the API serves and keeps: a row each. */
export const resources: readonly Resource[] = resourceRows;

/** The resource that requests call `name` in `group`, such as `deployments` in `apps`. */
export function findResource(group: string, name: string): Resource | undefined {
  return resources.find((candidate) => candidate.group === group && candidate.name === name);
}

/** The resource of an object's `apiVersion` and `kind`. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find(
    (candidate) => candidate.kind === kind && apiVersionOf(candidate) === apiVersion,
  );
}

/** `apps/v1` of a Deployment, `v1` of a Pod. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}
