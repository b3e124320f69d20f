import { isDeployment } from "@beemesh/model";
import { objectsOf, type SeenMesh, type Violation } from "./sight.ts";

/** Exactly the wanted number of pods runs of every Deployment, on machines that are up. */
export function headcount(mesh: SeenMesh): readonly Violation[] {
  const owners = new Map<string, string>();
  for (const object of [
    ...objectsOf(mesh, "apps", "replicasets"),
    ...objectsOf(mesh, "", "pods"),
  ]) {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner !== undefined) owners.set(object.metadata.uid ?? "", owner.uid);
  }
  const counts = new Map<string, number>();
  for (const { isUp, running } of mesh.machines) {
    if (!isUp) continue;
    for (const { uid } of running()) {
      const deployment = owners.get(owners.get(uid) ?? "") ?? "";
      counts.set(deployment, (counts.get(deployment) ?? 0) + 1);
    }
  }
  return objectsOf(mesh, "apps", "deployments")
    .filter(isDeployment)
    .flatMap(({ metadata, spec }): Violation[] => {
      const count = counts.get(metadata.uid ?? "") ?? 0;
      const wanted = spec.replicas ?? 1;
      if (count === wanted || metadata.deletionTimestamp !== undefined) return [];
      const message = `of ${metadata.namespace}/${metadata.name} ${count} run, not ${wanted}`;
      return [{ invariant: "headcount", message }];
    });
}
