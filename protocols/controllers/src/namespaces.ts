import type { KubeObject, Resource } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { namespaceResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { deleting, fine, isEnding, type Look, puttingStatus, removing, type View } from "./view.ts";

/** Objects deleted in one look; the rest follows in the next. */
const burstMax = 500;

/** Ends a namespace that is being deleted: first all that is in it, then itself. */
export const lookAtNamespace: Look = (object, view) => {
  if (object.kind !== "Namespace" || !isEnding(object)) return fine;
  const contents = contentsOf(object.metadata.name, view);
  if (contents.length === 0) return { actions: [removing(namespaceResource, object)] };
  const deletions = contents.flatMap(([resource, content]) => {
    const action = deleting(resource, content, view.now);
    return action === undefined ? [] : [action];
  });
  return { actions: [...phase(object), ...deletions.slice(0, burstMax)] };
};

function contentsOf(namespace: string, { store }: View): [Resource, KubeObject][] {
  return store.resources.all
    .filter(({ namespaced }) => namespaced)
    .flatMap((resource) =>
      store
        .list(resource, namespace)
        .items.map((object): [Resource, KubeObject] => [resource, object]),
    );
}

function phase(namespace: KubeObject): Action[] {
  const status = isJsonObject(namespace.status) ? namespace.status : {};
  if (status["phase"] === "Terminating") return [];
  const object = { ...namespace, status: { ...status, phase: "Terminating" } };
  return [puttingStatus(`terminating ${namespace.metadata.uid}`, namespaceResource, object)];
}
