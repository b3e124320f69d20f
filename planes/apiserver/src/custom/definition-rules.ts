/**
 * What is wrong with a CustomResourceDefinition.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go.
 */
import {
  type Cause,
  duplicate,
  invalid,
  type KubeObject,
  labelError,
  letterLabelError,
  notSupported,
  requestedNames,
  required,
  subdomainError,
  tooMany,
} from "@beemesh/model";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import { parseJsonPath } from "./json-path.ts";
import { contentCauses } from "./schema-content.ts";
import { structuralCauses } from "./structural.ts";

/** What is wrong with a definition, or with the change of it. */
export function definitionCauses(next: KubeObject, before?: KubeObject): readonly Cause[] {
  const versions = listAt(next.spec, "versions").filter(isJsonObject);
  const same =
    before !== undefined && canonicalJson(before.spec ?? null) === canonicalJson(next.spec ?? null);
  const changed = before === undefined ? [] : changeCauses(before, next);
  if (same) return changed;
  return [
    ...nameCauses(next),
    ...groupCauses(next),
    ...namesCauses(next),
    ...versionCauses(next, versions),
    ...conversionCauses(next),
    ...versions.flatMap((version, index) => schemaCauses(version, placeOf(versions, index))),
    ...versions.flatMap((version, index) => columnCauses(version, placeOf(versions, index))),
    ...changed,
  ];
}

/**
 * Where causes say that something of a version stands: what all versions share is named once, as
 * in the form that kube-apiserver works with.
 */
interface VersionPlace {
  readonly schema: string;
  readonly subresources: string;
  readonly columns: string;
  readonly selectable: string;
}

function placeOf(versions: readonly JsonObject[], index: number): VersionPlace {
  const path = (member: string, single: string, many: string): string => {
    const texts = new Set(versions.map((version) => canonicalJson(version[member] ?? null)));
    return texts.size === 1 ? `spec.${single}` : `spec.versions[${index}].${many}`;
  };
  return {
    schema: path("schema", "validation.openAPIV3Schema", "schema.openAPIV3Schema"),
    subresources: path("subresources", "subresources", "subresources"),
    columns: path(
      "additionalPrinterColumns",
      "additionalPrinterColumns",
      "additionalPrinterColumns",
    ),
    selectable: path("selectableFields", "selectableFields", "selectableFields"),
  };
}

function nameCauses({ metadata, spec }: KubeObject): readonly Cause[] {
  const wanted = `${textAt(spec, "names", "plural")}.${textAt(spec, "group")}`;
  return metadata.name === wanted
    ? []
    : [invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group')];
}

const approval = "api-approved.kubernetes.io";
const mustBeApproved = `protected groups must have approval annotation "${approval}"`;
const protectedGroup = /(?:^|\.)(?:k8s|kubernetes)\.io$/u;

function groupCauses({ metadata, spec }: KubeObject): readonly Cause[] {
  const group = textAt(spec, "group");
  if (group === "") return [required("spec.group")];
  const error = subdomainError(group);
  if (error !== undefined) return [invalid("spec.group", group, error)];
  if (!group.includes(".")) {
    return [invalid("spec.group", group, "should be a domain with at least one dot")];
  }
  const said = metadata.annotations?.[approval] ?? "";
  if (!protectedGroup.test(group) || /^(?:unapproved|https?:\/\/)/u.test(said)) return [];
  const field = `metadata.annotations[${approval}]`;
  const where = "see https://github.com/kubernetes/enhancements/pull/1111";
  if (said !== "") {
    const form = 'with either a URL or a reason starting with "unapproved"';
    const rule = `${mustBeApproved} ${form}, ${where}`;
    return [invalid(field, said, rule)];
  }
  return [required(field, `${mustBeApproved}, ${where}`)];
}

function namesCauses(definition: KubeObject): readonly Cause[] {
  const names = requestedNames(definition);
  const path = "spec.names";
  const mixed = "may have mixed case, but should otherwise match: ";
  const scope = textAt(definition.spec, "scope");
  const wrong = (member: string, value: string, text: string, prefix = ""): readonly Cause[] => {
    if (value === "") return [required(`${path}.${member}`)];
    const error = letterLabelError(text);
    return error === undefined ? [] : [invalid(`${path}.${member}`, value, prefix + error)];
  };
  return [
    ...(scope === "" ? [required("spec.scope")] : []),
    ...(["", "Cluster", "Namespaced"].includes(scope)
      ? []
      : [notSupported("spec.scope", scope, ["Cluster", "Namespaced"])]),
    ...wrong("plural", names.plural, names.plural),
    ...wrong("singular", names.singular, names.singular),
    ...wrong("kind", names.kind, names.kind.toLowerCase(), mixed),
    ...wrong("listKind", names.listKind, names.listKind.toLowerCase(), mixed),
    ...names.shortNames.flatMap((name, index) => wrong(`shortNames[${index}]`, name, name)),
    ...names.categories.flatMap((name, index) => wrong(`categories[${index}]`, name, name)),
    ...(names.kind !== "" && names.kind === names.listKind
      ? [invalid(`${path}.listKind`, names.listKind, "kind and listKind may not be the same")]
      : []),
  ];
}

function versionCauses({ spec }: KubeObject, versions: readonly JsonObject[]): readonly Cause[] {
  const field = "spec.versions";
  const names = versions.map((version) => textAt(version, "name"));
  const stored = versions.filter((version) => version["storage"] === true);
  const shown = names.join(",");
  const bad = names.flatMap((name, index) => {
    const error = labelError(name);
    return error === undefined ? [] : [invalid(`${field}[${index}].name`, name, error)];
  });
  const preserves = fieldAt(spec, "preserveUnknownFields") === true;
  const preserving =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in " +
    "spec.versions[*].schema instead";
  return [
    ...bad,
    ...(new Set(names).size === names.length
      ? []
      : [invalid(field, shown, "must contain unique version names")]),
    ...(stored.length === 1
      ? []
      : [invalid(field, shown, "must have exactly one version marked as storage version")]),
    ...(preserves ? [invalid("spec.preserveUnknownFields", true, preserving)] : []),
  ];
}

function conversionCauses({ spec }: KubeObject): readonly Cause[] {
  const strategy = textAt(spec, "conversion", "strategy") || "None";
  const field = "spec.conversion.strategy";
  if (!["None", "Webhook"].includes(strategy)) {
    return [notSupported(field, strategy, ["None", "Webhook"])];
  }
  const webhook = fieldAt(spec, "conversion", "webhook");
  if (strategy === "Webhook" && webhook === undefined) {
    const rule = "required when strategy is set to Webhook";
    return [required("spec.conversion.webhookClientConfig", rule)];
  }
  return [];
}

function schemaCauses(version: JsonObject, place: VersionPlace): readonly Cause[] {
  const schema = fieldAt(version, "schema", "openAPIV3Schema");
  if (!isJsonObject(schema)) return [required(place.schema, "schemas are required")];
  const form = structuralCauses(schema, place.schema);
  const hasStatus = fieldAt(version, "subresources", "status") !== undefined;
  return [
    ...(form.length > 0 ? form : contentCauses(schema, place.schema)),
    ...(hasStatus ? rootOfStatusCauses(schema, place.schema) : []),
    ...scaleCauses(version, place.subresources),
    ...selectableCauses(version, schema, place.selectable),
  ];
}

/** The status is checked by itself, so that nothing at the root may speak of all members. */
const besideStatus = [
  "description",
  "type",
  "format",
  "title",
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "maxLength",
  "minLength",
  "pattern",
  "maxItems",
  "minItems",
  "uniqueItems",
  "multipleOf",
  "required",
  "items",
  "properties",
  "externalDocs",
  "example",
];

function rootOfStatusCauses(schema: JsonObject, path: string): readonly Cause[] {
  const wrong = Object.keys(schema).find(
    (member) => !besideStatus.includes(member) && !member.startsWith("x-kubernetes-"),
  );
  if (wrong === undefined) return [];
  const where = "at the root of the schema if the status subresource is enabled";
  const rule = `only [${besideStatus.join(" ")}] fields are allowed ${where}`;
  return [invalid(path, wrong, rule)];
}

function scaleCauses(version: JsonObject, place: string): readonly Cause[] {
  const scale = fieldAt(version, "subresources", "scale");
  if (scale === undefined) return [];
  const path = `${place}.scale`;
  const labels = textAt(scale, "labelSelectorPath");
  return [
    ...pathCauses(scale, "specReplicasPath", path, [".spec"]),
    ...pathCauses(scale, "statusReplicasPath", path, [".status"]),
    ...(labels === "" ? [] : pathCauses(scale, "labelSelectorPath", path, [".spec", ".status"])),
  ];
}

function pathCauses(
  scale: unknown,
  member: string,
  path: string,
  roots: readonly string[],
): readonly Cause[] {
  const said = textAt(scale, member);
  const field = `${path}.${member}`;
  if (said === "") return [required(field)];
  if (!said.startsWith(".")) {
    return [invalid(field, said, "must be a simple json path starting with .")];
  }
  if (!/^(?:\.[A-Za-z_][\w-]*)+$/u.test(said)) {
    return [invalid(field, said, "must be a json path in the dot notation")];
  }
  if (roots.some((root) => said.startsWith(`${root}.`))) return [];
  const under = roots.length === 1 ? roots.join("") : `either ${roots.join(" or ")}`;
  return [invalid(field, said, `should be a json path under ${under}`)];
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = [
  "int32",
  "int64",
  "float",
  "double",
  "byte",
  "date",
  "date-time",
  "password",
];

function columnCauses(version: JsonObject, { columns }: VersionPlace): readonly Cause[] {
  return listAt(version, "additionalPrinterColumns").flatMap((column, index) => {
    const path = `${columns}[${index}]`;
    const [name, type, format] = ["name", "type", "format"].map((key) => textAt(column, key));
    const jsonPath = textAt(column, "jsonPath");
    const typeRule = `must be one of ${columnTypes.join(",")}`;
    const causes: Cause[] = [];
    if (name === "") causes.push(required(`${path}.name`));
    if (type === "") causes.push(required(`${path}.type`, typeRule));
    else if (!columnTypes.includes(type ?? ""))
      causes.push(invalid(`${path}.type`, type, typeRule));
    if (format !== "" && !columnFormats.includes(format ?? "")) {
      causes.push(invalid(`${path}.format`, format, `must be one of ${columnFormats.join(",")}`));
    }
    if (jsonPath === "") causes.push(required(`${path}.JSONPath`));
    else if (parseJsonPath(jsonPath) === undefined) {
      causes.push(invalid(`${path}.JSONPath`, jsonPath, "unrecognized column definition"));
    }
    return causes;
  });
}

/** Fields that the objects of one version can be selected by (Kubernetes: MaxSelectableFields). */
const selectableFieldsMax = 8;

function selectableCauses(version: JsonObject, schema: JsonObject, path: string): readonly Cause[] {
  const fields = listAt(version, "selectableFields").map((field) => textAt(field, "jsonPath"));
  const seen = new Set<string>();
  const causes = fields.flatMap((jsonPath, index) => {
    const field = `${path}[${index}].jsonPath`;
    if (jsonPath === "") return [required(field)];
    if (seen.has(jsonPath)) return [duplicate(field, jsonPath)];
    seen.add(jsonPath);
    if (jsonPath.startsWith(".metadata")) {
      return [invalid(field, jsonPath, "must not point to fields in metadata")];
    }
    const rule =
      "must point to a field of type string, boolean or integer. Enum string fields and strings " +
      "with formats are allowed.";
    const type = typeAt(schema, jsonPath);
    if (type === undefined) {
      return [invalid(field, jsonPath, "is an invalid path: does not refer to a valid field")];
    }
    return ["string", "boolean", "integer"].includes(type) ? [] : [invalid(field, jsonPath, rule)];
  });
  return fields.length > selectableFieldsMax
    ? [...causes, tooMany(path, fields.length, selectableFieldsMax)]
    : causes;
}

/** The type at a path of a schema; undefined if there is no such member. */
function typeAt(schema: JsonObject, path: string): string | undefined {
  if (!/^(?:\.[\w-]+)+$/u.test(path)) return undefined;
  let at: unknown = schema;
  for (const member of path.slice(1).split(".")) at = fieldAt(at, "properties", member);
  return at === undefined ? undefined : textAt(at, "type");
}

function changeCauses(before: KubeObject, next: KubeObject): readonly Cause[] {
  const fixed = [["group"], ["scope"], ["names", "plural"], ["names", "kind"]] as const;
  const changed = fixed.filter(
    (path) => textAt(before.spec, ...path) !== textAt(next.spec, ...path),
  );
  const versions = listAt(next.spec, "versions").map((version) => textAt(version, "name"));
  const stored = listAt(mapAt(next, "status"), "storedVersions").map(String);
  return [
    ...changed.map((path) =>
      invalid(`spec.${path.join(".")}`, textAt(next.spec, ...path), "field is immutable"),
    ),
    ...stored.flatMap((version, index) =>
      versions.includes(version) ? [] : [storedCause(version, index)],
    ),
  ];
}

function storedCause(version: string, index: number): Cause {
  const rule =
    `missing from spec.versions; ${version} was previously a storage version, and must remain ` +
    "in spec.versions until a storage migration ensures no data remains persisted in " +
    `${version} and removes ${version} from status.storedVersions`;
  return invalid(`status.storedVersions[${index}]`, version, rule);
}
