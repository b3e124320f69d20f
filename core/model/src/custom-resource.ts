/**
 * The resources that a CustomResourceDefinition makes: a row for each of its versions. Read from
 * records that any member may have written, so nothing about their shape is taken for granted.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/
 * custom-resource-definition-v1/
 */
import type { JsonObject } from "@beemesh/wire";
import { listAt, objectAt, objectsAt, textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { CustomVersion, Resource } from "./resource.ts";

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** Versions that a definition may have here; a hundred is more than any has. */
const versionsMax = 100;

/** The group and the plural name of what a definition defines. */
export function definedResource(definition: KubeObject): {
  readonly group: string;
  readonly name: string;
} {
  const group = textAt(definition.spec, "group");
  return { group, name: textAt(definition.spec, "names", "plural") };
}

/** The names that a definition asks for, with those that it leaves to be filled in. */
export function requestedNames(definition: KubeObject): CustomNames {
  const names = objectAt(definition.spec, "names");
  const kind = textAt(names, "kind");
  return {
    plural: textAt(names, "plural"),
    singular: textAt(names, "singular") || kind.toLowerCase(),
    kind,
    listKind: textAt(names, "listKind") || `${kind}List`,
    shortNames: textsAt(names, "shortNames"),
    categories: textsAt(names, "categories"),
  };
}

/** How requests name a custom resource. */
export interface CustomNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

/** A row for each version of a definition, the one that is kept first; none if it is malformed. */
export function customResourcesOf(definition: KubeObject): readonly Resource[] {
  const { group, name } = definedResource(definition);
  const names = requestedNames(definition);
  const versions = objectsAt(definition.spec, "versions").slice(0, versionsMax);
  const storage = versions.find((version) => version["storage"] === true);
  if (group === "" || name === "" || names.kind === "" || storage === undefined) return [];
  const namespaced = textAt(definition.spec, "scope") !== "Cluster";
  return versions
    .toSorted((a, b) => Number(b === storage) - Number(a === storage))
    .filter((version) => textAt(version, "name") !== "")
    .map((version) => ({
      name,
      group,
      namespaced,
      version: textAt(version, "name"),
      singular: names.singular,
      kind: names.kind,
      shortNames: names.shortNames,
      categories: names.categories,
      verbs,
      hasGeneration: true,
      hasStatus: objectAt(version, "subresources", "status") !== undefined,
      hasScale: objectAt(version, "subresources", "scale") !== undefined,
      custom: customVersion(definition, version, textAt(storage, "name")),
    }));
}

function customVersion(
  definition: KubeObject,
  version: JsonObject,
  storageVersion: string,
): CustomVersion {
  return {
    definition,
    version,
    storageVersion,
    isServed: version["served"] === true,
    listKind: requestedNames(definition).listKind,
    schema: objectAt(version, "schema", "openAPIV3Schema") ?? {},
    deprecation: deprecationOf(definition, version),
  };
}

function deprecationOf(definition: KubeObject, version: JsonObject): string | undefined {
  if (version["deprecated"] !== true) return undefined;
  const said = textAt(version, "deprecationWarning");
  if (said !== "") return said;
  const name = textAt(version, "name");
  const { group } = definedResource(definition);
  const { kind } = requestedNames(definition);
  const newer = objectsAt(definition.spec, "versions")
    .filter((other) => other["served"] === true && other["deprecated"] !== true)
    .map((other) => textAt(other, "name"))
    .filter((other) => compareVersions(other, name) < 0)
    .toSorted(compareVersions)[0];
  const text = `${group}/${name} ${kind} is deprecated`;
  return newer === undefined ? text : `${text}; use ${group}/${newer} ${kind}`;
}

/**
 * Which of two versions clients should prefer: negative if `a`. General ones come before beta
 * before alpha, newer before older, and what is no such name last, by the alphabet.
 *
 * Source: k8s.io/apimachinery, pkg/version/helpers.go.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionParts(a), versionParts(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
}

function versionParts(version: string): readonly number[] | undefined {
  const groups = /^v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?$/u.exec(version);
  if (groups === null) return undefined;
  const [, major, stage, minor] = groups;
  const rank = stage === undefined ? 2 : stage === "beta" ? 1 : 0;
  return [rank, Number(major), Number(minor ?? 0)];
}

function textsAt(value: unknown, member: string): readonly string[] {
  return listAt(value, member).filter((item) => typeof item === "string");
}

/** Whether a kind is that of definitions. */
export function isDefinition({ name, group }: Pick<Resource, "name" | "group">): boolean {
  return name === "customresourcedefinitions" && group === "apiextensions.k8s.io";
}

/** Whether a definition waits until what it defines is gone. */
export function isCleaningUp({ metadata }: KubeObject): boolean {
  const isEnding = metadata.deletionTimestamp !== undefined;
  return isEnding && (metadata.finalizers ?? []).includes(cleanupFinalizer);
}

/** Finalizer of a definition that goes only after what it defines. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";
