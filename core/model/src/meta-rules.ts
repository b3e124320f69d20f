/** Rules for what all objects share: names, labels, annotations, selectors. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, required, tooLong } from "./cause.ts";
import { entriesAt, listAt, objectsAt, textAt, textOf } from "./members.ts";
import {
  labelError,
  labelValueError,
  letterLabelError,
  qualifiedNameError,
  segmentError,
  subdomainError,
} from "./name.ts";
import type { Resource } from "./resource.ts";
import type { Rules } from "./rule.ts";
import { typeNamed } from "./schema.ts";

/** Kubernetes takes this much of annotations, keys and values together. */
const annotationsBytesMax = 262_144;

/** Rules by type. */
export const metaRules: Rules = {
  "meta.v1.ObjectMeta": (meta, path) => [
    ...labelCauses(meta["labels"], `${path}.labels`),
    ...annotationCauses(meta, `${path}.annotations`),
    ...ownerCauses(meta, path),
  ],
  "meta.v1.LabelSelector": (selector, path) =>
    labelCauses(selector["matchLabels"], `${path}.matchLabels`),
  "meta.v1.LabelSelectorRequirement": (requirement, path) => {
    const operator = textAt(requirement, "operator");
    const values = listAt(requirement, "values");
    if (["In", "NotIn"].includes(operator) && values.length === 0) {
      const rule = "must be specified when `operator` is 'In' or 'NotIn'";
      return [required(`${path}.values`, rule)];
    }
    if (["Exists", "DoesNotExist"].includes(operator) && values.length > 0) {
      const rule = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return [forbidden(`${path}.values`, rule)];
    }
    return values.flatMap((value, index) => {
      const error = labelValueError(textOf(value));
      return error === undefined ? [] : [invalid(`${path}.values[${index}]`, value, error)];
    });
  },
};

/** What is wrong with the metadata of an object of any kind. */
export function metadataCauses(meta: JsonObject, path: string): readonly Cause[] {
  return metaRules["meta.v1.ObjectMeta"]?.(meta, path) ?? [];
}

/** The members of metadata that metadata does not have. */
export function unknownMetadata(meta: JsonObject): readonly string[] {
  const type = typeNamed("meta.v1.ObjectMeta");
  return Object.keys(meta).filter((member) => type?.members.has(member) !== true);
}

/** What is wrong with labels, or a map that selects by labels. */
export function labelCauses(labels: unknown, field: string): readonly Cause[] {
  return entriesAt({ labels }, "labels").flatMap(([key, value]) => {
    const keyError = qualifiedNameError(key);
    const valueError = labelValueError(textOf(value));
    return [
      ...(keyError === undefined ? [] : [invalid(field, key, keyError)]),
      ...(valueError === undefined ? [] : [invalid(field, value, valueError)]),
    ];
  });
}

/** What is wrong with the name and namespace of an object of this resource. */
export function identityCauses(resource: Resource, body: JsonObject): readonly Cause[] {
  const name = textAt(body, "metadata", "name");
  const prefix = textAt(body, "metadata", "generateName");
  const namespace = textAt(body, "metadata", "namespace");
  const error = nameError(resource, name);
  const prefixError = nameError(resource, `${prefix.slice(0, 57)}x`);
  const namespaceError = namespace === "" ? undefined : labelError(namespace);
  return [
    ...(name === "" && prefix === ""
      ? [required("metadata.name", "name or generateName is required")]
      : []),
    ...(name !== "" && error !== undefined ? [invalid("metadata.name", name, error)] : []),
    ...(prefix !== "" && prefixError !== undefined
      ? [invalid("metadata.generateName", prefix, prefixError)]
      : []),
    ...(namespaceError === undefined
      ? []
      : [invalid("metadata.namespace", namespace, namespaceError)]),
    ...(namespace !== "" && !resource.namespaced
      ? [forbidden("metadata.namespace", "not allowed on this type")]
      : []),
  ];
}

/** Which names a resource takes; the others take DNS names. */
const nameErrors: Readonly<Record<string, (text: string) => string | undefined>> = {
  namespaces: labelError,
  roles: segmentError,
  rolebindings: segmentError,
  clusterroles: segmentError,
  clusterrolebindings: segmentError,
  services: letterLabelError,
};

function nameError({ name: resource }: Resource, name: string): string | undefined {
  return (nameErrors[resource] ?? subdomainError)(name);
}

function annotationCauses(meta: JsonObject, field: string): readonly Cause[] {
  const annotations = entriesAt(meta, "annotations");
  const length = annotations.reduce(
    (sum, [key, value]) => sum + key.length + textOf(value).length,
    0,
  );
  const causes = annotations.flatMap(([key]) => {
    const error = qualifiedNameError(key.toLowerCase());
    return error === undefined ? [] : [invalid(field, key, error)];
  });
  return length > annotationsBytesMax ? [...causes, tooLong(field, annotationsBytesMax)] : causes;
}

function ownerCauses(meta: JsonObject, path: string): readonly Cause[] {
  const field = `${path}.ownerReferences`;
  const controllers = objectsAt(meta, "ownerReferences").filter(
    (owner) => owner["controller"] === true,
  );
  if (controllers.length <= 1) return [];
  const rule = "Only one reference can have Controller set to true";
  return [invalid(field, listAt(meta, "ownerReferences"), rule)];
}
