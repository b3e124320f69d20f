import { findResource, type KubeObject } from "@beemesh/model";
import type { ApiRequest, ObjectStore } from "@beemesh/ports";
import { type CollectionId, collectionOf } from "@beemesh/wire";
import type { Reading } from "../reading.ts";
import type { Usages } from "./usages.ts";

/** What an answer about usage needs before it can be given. */
export interface UsageSources {
  readonly objects: ObjectStore;
  readonly reading: Pick<Reading, "bringAll" | "namespaces">;
  readonly usages: Pick<Usages, "gather">;
}

/** Asks the machines that a request for metrics is about what they use; nothing for others. */
export async function bringUsage(
  { objects, reading, usages }: UsageSources,
  { path }: Pick<ApiRequest, "path">,
): Promise<void> {
  const [root, group, , ...rest] = path.filter((segment) => segment !== "");
  if (root !== "apis" || group !== "metrics.k8s.io") return;
  const [namespace, [kind = "", name]] =
    rest[0] === "namespaces" ? [rest[1], rest.slice(2)] : [undefined, rest];
  const resource = findResource("", kind);
  if (resource === undefined) return;
  await reading.bringAll(collectionsOf(kind, namespace, reading));
  const asked = objects
    .list(resource, namespace)
    .items.filter(({ metadata }) => name === undefined || metadata.name === name);
  await usages.gather(asked.flatMap(machineOf));
}

function collectionsOf(
  kind: string,
  namespace: string | undefined,
  reading: UsageSources["reading"],
): readonly CollectionId[] {
  const nodes = collectionOf("nodes", "");
  if (kind !== "pods") return [nodes];
  const places = namespace === undefined ? reading.namespaces() : [namespace];
  return [nodes, ...places.map((place) => collectionOf("pods", "", place))];
}

/** A node is its machine; a pod is on the machine that its record names, if any. */
function machineOf({ kind, metadata, spec }: KubeObject): string[] {
  if (kind === "Node") return [metadata.name];
  const isPlaced = typeof spec === "object" && spec !== null && "nodeName" in spec;
  return isPlaced && typeof spec.nodeName === "string" && spec.nodeName !== ""
    ? [spec.nodeName]
    : [];
}
