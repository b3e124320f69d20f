import {
  cleanupFinalizer,
  definedResource,
  isCleaningUp,
  isDefinition,
  type KubeObject,
  type Resource,
} from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { type Entry, keyOf } from "./census.ts";
import { definitionResource } from "./kinds.ts";
import { deleting, type Findings, fine, type Look, putting, removing, type View } from "./view.ts";

/**
 * Ends a definition of custom resources that is being deleted, when those are gone. Each of them is
 * deleted by whoever keeps it, wherever that is.
 */
export const lookAtDefinition: Look = (definition, { store }) => {
  if (!isCleaningUp(definition)) return fine;
  return { actions: instancesOf(definition, store).length === 0 ? [cleaned(definition)] : [] };
};

/** Deletes an object whose definition waits for it to go. */
export function lookAtInstance(resource: Resource, object: KubeObject, { now }: View): Findings {
  const { custom } = resource;
  if (custom === undefined || !isCleaningUp(custom.definition)) return fine;
  const action = deleting(resource, object, now);
  return action === undefined ? fine : { actions: [action] };
}

/** What a definition defines, and is here. */
function instancesOf(definition: KubeObject, store: ObjectStore): readonly Entry[] {
  const { group, name } = definedResource(definition);
  const resource = store.resources.find(group, name);
  // Another definition has the names, or nobody could ever make an object.
  const isOwn = resource?.custom?.definition.metadata.uid === definition.metadata.uid;
  if (resource === undefined || !isOwn) return [];
  return store.list(resource).items.map((object) => ({ resource, object }));
}

/** The keys of what has to go before a definition that is being deleted. */
export function instanceKeys({ resource, object }: Change, store: ObjectStore): readonly string[] {
  if (!isDefinition(resource) || !isCleaningUp(object)) return [];
  return instancesOf(object, store).map((entry) => keyOf(entry));
}

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
