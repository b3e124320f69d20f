/**
 * What is to be known of the objects of a kind, whether the kind is the API's own or a
 * definition's: which fields there are, what they are without being said, what may stand in them.
 */
import type { Cause, KubeObject, Resource } from "@beemesh/model";
import * as model from "@beemesh/model";
import { definitionWarnings, withDefinitionDefaults } from "./custom/definition.ts";
import { definitionCauses } from "./custom/definition-rules.ts";
import { customCauses, defaultedCustom, prunedCustom, unknownCustomFields } from "./custom/kind.ts";

/** The paths of members that the kind does not have. */
export function unknownFields(resource: Resource, object: KubeObject): readonly string[] {
  return resource.custom === undefined
    ? model.unknownFields(resource, object)
    : unknownCustomFields(resource, object);
}

/** An object without the members that the kind does not have. */
export function pruneUnknown(resource: Resource, object: KubeObject): KubeObject {
  return resource.custom === undefined
    ? model.pruneUnknown(resource, object)
    : prunedCustom(resource, object);
}

/** An object with every default filled in. */
export function defaults(resource: Resource, object: KubeObject): KubeObject {
  if (resource.custom !== undefined) return defaultedCustom(resource, object);
  const whole = model.defaults(resource, object);
  return model.isDefinition(resource) ? withDefinitionDefaults(whole) : whole;
}

/** What is wrong with an object, or with the change of it through a subresource. */
export function validate(
  resource: Resource,
  object: KubeObject,
  before?: KubeObject,
  subresource = "",
): readonly Cause[] {
  if (resource.custom !== undefined) return customCauses(resource, object, before);
  const causes = model.validate(resource, object, before, subresource);
  if (!model.isDefinition(resource) || causes.some(isOfShape)) return causes;
  const said = new Set(causes.map(({ field }) => field));
  const own = definitionCauses(object, before).filter(({ field }) => !said.has(field));
  return [...causes, ...own];
}

function isOfShape({ reason }: Cause): boolean {
  return reason === "FieldValueTypeInvalid";
}

/** What an author should be told about an object that is taken. */
export function warningsFor(resource: Resource, object: KubeObject): readonly string[] {
  const { custom } = resource;
  if (custom !== undefined) return [];
  const texts = model.warningsFor(resource, object);
  return model.isDefinition(resource) ? [...texts, ...definitionWarnings(object)] : texts;
}
