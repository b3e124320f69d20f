/**
 * CustomResourceDefinitions as clients see them: with the names that are filled in, and with the
 * conditions that every machine computes alike of the definitions that it knows.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/v1/defaults.go,
 * pkg/controller/status/naming_controller.go, pkg/controller/establish.
 */
import { type KubeObject, type NameConflict, requestedNames } from "@beemesh/model";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";

/** A definition with what it leaves to be filled in. */
export function withDefinitionDefaults(definition: KubeObject): KubeObject {
  const spec = mapAt(definition, "spec");
  const { singular, listKind, kind } = requestedNames(definition);
  const names = { ...mapAt(spec, "names"), ...(kind === "" ? {} : { singular, listKind }) };
  const conversion = fieldAt(spec, "conversion") ?? { strategy: "None" };
  return { ...definition, spec: { ...spec, conversion, names } };
}

/** What an author should be told of a definition that is taken. */
export function definitionWarnings({ spec }: KubeObject): readonly string[] {
  if (textAt(spec, "conversion", "strategy") !== "Webhook") return [];
  return [
    "spec.conversion.strategy: no webhook is called; of an object in another version only its " +
      "apiVersion is changed, as by strategy None",
  ];
}

/** A definition with its status. */
export function shownDefinition(
  definition: KubeObject,
  conflict: NameConflict | undefined,
): KubeObject {
  const known = mapAt(definition, "status");
  const computed = conditionsOf(definition, conflict);
  const types = new Set(computed.map(({ type }) => type));
  const others = listAt(known, "conditions").filter((each) => !types.has(textAt(each, "type")));
  return {
    ...definition,
    status: {
      ...known,
      conditions: [...computed, ...others],
      acceptedNames: conflict === undefined ? acceptedNames(definition) : { plural: "", kind: "" },
      storedVersions: storedVersions(definition),
    },
  };
}

interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly lastTransitionTime: string | null;
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(
  { metadata }: KubeObject,
  conflict: NameConflict | undefined,
): readonly Condition[] {
  const isAccepted = conflict === undefined;
  const made = metadata.creationTimestamp ?? null;
  const condition = (
    type: string,
    isTrue: boolean,
    { reason, message }: NameConflict,
    since = made,
  ): Condition => ({
    lastTransitionTime: since,
    message,
    reason,
    status: isTrue ? "True" : "False",
    type,
  });
  const pending = {
    reason: "InstanceDeletionInProgress",
    message: "CustomResource deletion is in progress",
  };
  const { deletionTimestamp } = metadata;
  return [
    condition("NamesAccepted", isAccepted, conflict ?? noConflicts),
    condition("Established", isAccepted, isAccepted ? established : notAccepted),
    ...(deletionTimestamp === undefined
      ? []
      : [condition("Terminating", true, pending, deletionTimestamp)]),
  ];
}

const noConflicts = { reason: "NoConflicts", message: "no conflicts found" };
const established = {
  reason: "InitialNamesAccepted",
  message: "the initial names have been accepted",
};
const notAccepted = { reason: "NotAccepted", message: "not all names are accepted" };

function acceptedNames(definition: KubeObject): object {
  const { shortNames, categories, ...names } = requestedNames(definition);
  return {
    ...names,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/** The versions that records may be kept in: those that are known, and the one that is now. */
function storedVersions(definition: KubeObject): readonly string[] {
  const known = listAt(mapAt(definition, "status"), "storedVersions").map(String);
  const storage = storageVersion(definition);
  return storage === "" || known.includes(storage) ? known : [...known, storage];
}

function storageVersion({ spec }: KubeObject): string {
  const version = listAt(spec, "versions").find((each) => fieldAt(each, "storage") === true);
  return textAt(version, "name");
}

/** A definition whose storage version is another now, with a status that remembers both. */
export function withStoredVersions(before: KubeObject, next: KubeObject): KubeObject | undefined {
  if (storageVersion(before) === storageVersion(next)) return undefined;
  const versions = storedVersions({
    ...next,
    status: { storedVersions: storedVersions(before) },
  });
  return { ...next, status: { ...mapAt(before, "status"), storedVersions: versions } };
}
