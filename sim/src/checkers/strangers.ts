import type { KubeObject } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { objectsOf, type SeenMesh, type Violation } from "./sight.ts";

/**
 * Every pod that runs has a record that names its machine, and owners up to one that somebody
 * asked for, each with the very uid that the one below it names, and the image that the top wants.
 * Holds in a quiet mesh: while it moves, a pod may be on its way out.
 */
export function strangers(mesh: SeenMesh): readonly Violation[] {
  const records = new Map<string, KubeObject>();
  for (const object of everything(mesh)) records.set(object.metadata.uid ?? "", object);
  return mesh.machines.flatMap(({ name, isUp, running }) => {
    if (!isUp) return [];
    return running().flatMap((pod): Violation[] => {
      const why = reasonAgainst(records.get(pod.uid), name, records);
      if (why === "") return [];
      return [{ invariant: "strangers", message: `${pod.name} runs on ${name}, but ${why}` }];
    });
  });
}

function everything(mesh: SeenMesh): readonly KubeObject[] {
  return [
    ...objectsOf(mesh, "", "pods"),
    ...objectsOf(mesh, "apps", "replicasets"),
    ...objectsOf(mesh, "apps", "deployments"),
  ];
}

function reasonAgainst(
  pod: KubeObject | undefined,
  machine: string,
  records: ReadonlyMap<string, KubeObject>,
): string {
  if (pod === undefined) return "no record has its uid";
  const nodeName = isJsonObject(pod.spec) ? pod.spec["nodeName"] : undefined;
  if (nodeName !== machine) return `its record says ${JSON.stringify(nodeName)}`;
  if (pod.metadata.deletionTimestamp !== undefined) return "it is to be deleted";
  let top = pod;
  for (;;) {
    const owner = top.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) break;
    const above = records.get(owner.uid);
    if (above === undefined) return `its owner ${owner.kind} ${owner.name} is not there`;
    top = above;
  }
  return imageOf(top) === imageOf(pod) ? "" : `its owner wants ${imageOf(top)}`;
}

/** The image of the first container, of a pod or of what makes pods. */
export function imageOf({ spec }: KubeObject): string {
  const outer = isJsonObject(spec) ? spec : {};
  const template = isJsonObject(outer["template"]) ? outer["template"]["spec"] : outer;
  const containers = isJsonObject(template) ? template["containers"] : undefined;
  const first = Array.isArray(containers) ? containers[0] : undefined;
  const image = isJsonObject(first) ? first["image"] : undefined;
  return typeof image === "string" ? image : "";
}
