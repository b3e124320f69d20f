/** Records of a custom resource as one of its versions has them, by the strategy `None`. */
import { apiVersionOf, type KubeObject, type Resource } from "@beemesh/model";
import { defaultedCustom, prunedCustom } from "./kind.ts";

/** What a version has made of a record. Records are never changed, so that it holds. */
const made = new WeakMap<Resource, WeakMap<KubeObject, KubeObject>>();

/** An object in the version of a resource: without what that does not know, with its defaults. */
export function asVersion(resource: Resource, object: KubeObject): KubeObject {
  if (resource.custom === undefined) return object;
  const ofResource = made.get(resource) ?? new WeakMap<KubeObject, KubeObject>();
  made.set(resource, ofResource);
  const known = ofResource.get(object);
  if (known !== undefined) return known;
  const named = { ...object, apiVersion: apiVersionOf(resource) };
  const shown = defaultedCustom(resource, prunedCustom(resource, named));
  ofResource.set(object, shown);
  // What has been made is of this version already.
  ofResource.set(shown, shown);
  return shown;
}

/** An object as it is kept. */
export function asKept({ custom, group }: Resource, object: KubeObject): KubeObject {
  return custom === undefined
    ? object
    : { ...object, apiVersion: `${group}/${custom.storageVersion}` };
}
