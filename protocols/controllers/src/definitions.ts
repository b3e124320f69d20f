import {
  cleanupFinalizer,
  definedResource,
  isCleaningUp,
  isDefinition,
  type KubeObject,
  type Resource,
} from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { keyOf } from "./census.ts";
import { definitionResource } from "./kinds.ts";
import { deleting, fine, type Look, putting, removing } from "./view.ts";

/** Objects deleted in one look; the rest follows in the next. */
const burstMax = 500;

/** Ends a definition of custom resources that is being deleted: first those, then itself. */
export const lookAtDefinition: Look = (definition, { store, now }) => {
  if (!isCleaningUp(definition)) return fine;
  const { group, name } = definedResource(definition);
  const resource = store.resources.find(group, name);
  // Another definition has the names, or nobody could ever make an object.
  const isOwn = resource?.custom?.definition.metadata.uid === definition.metadata.uid;
  const instances = resource !== undefined && isOwn ? store.list(resource).items : [];
  if (resource === undefined || instances.length === 0) return { actions: [cleaned(definition)] };
  const deletions = instances.flatMap((instance) => deleting(resource, instance, now) ?? []);
  return { actions: deletions.slice(0, burstMax) };
};

function cleaned(definition: KubeObject): ReturnType<typeof putting> {
  const { finalizers = [], ...metadata } = definition.metadata;
  const left = finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
  if (left.length === 0) return removing(definitionResource, definition);
  const object = { ...definition, metadata: { ...metadata, finalizers: left } };
  return putting(`finalize ${metadata.uid}`, definitionResource, object);
}

/** The definition of an object, if it waits for the object to go. */
export function waitingDefinition({ custom, ...resource }: Resource, store: ObjectStore): string[] {
  if (custom === undefined || isDefinition(resource)) return [];
  const { name } = custom.definition.metadata;
  const definition = store.get(definitionResource, "", name);
  if (definition === undefined || !isCleaningUp(definition)) return [];
  return [keyOf({ resource: definitionResource, object: definition })];
}
