import { findResource } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import type { SeenMesh, Violation } from "./sight.ts";

/** What was last written to each Service: a mark of it by `<namespace>/<name>`. */
export type ServiceMarks = ReadonlyMap<string, string>;

/** The annotation of the mark. */
export const markAnnotation = "beemesh.io/mark";

const services = findResource("", "services");

/**
 * Whoever asked for the Services of a namespace has each as it was written last. Holds once the
 * mesh is quiet; what machines say of themselves is not asked, only what they would answer.
 *
 * @param askers - Machines by the namespace that they asked for.
 */
export function followers(
  mesh: SeenMesh,
  written: ServiceMarks,
  askers: ReadonlyMap<string, ReadonlySet<PeerId>>,
): readonly Violation[] {
  return mesh.machines.flatMap(({ id, name, isUp, objects }) => {
    if (!isUp || services === undefined) return [];
    return [...written].flatMap(([key, mark]): Violation[] => {
      const [namespace = "", service = ""] = key.split("/");
      if (askers.get(namespace)?.has(id) !== true) return [];
      const seen = objects.get(services, namespace, service)?.metadata.annotations?.[
        markAnnotation
      ];
      if (seen === mark) return [];
      const message = `${name} has ${key} as of ${seen ?? "never"}, not ${mark}`;
      return [{ invariant: "followers", message }];
    });
  });
}

/**
 * A namespace's Services lie with its keepers and with who asked for them, and with nobody else:
 * what a machine holds does not grow with what there is.
 *
 * @param holdersMax - Keepers of a collection, those of lately included.
 */
export function hoarders(
  mesh: SeenMesh,
  askers: ReadonlyMap<string, ReadonlySet<PeerId>>,
  holdersMax: number,
): readonly Violation[] {
  return [...askers].flatMap(([namespace, asked]): Violation[] => {
    const holders = mesh.machines.filter(
      ({ id, isUp, objects }) =>
        isUp &&
        !asked.has(id) &&
        services !== undefined &&
        objects.list(services, namespace).items.length > 0,
    );
    if (holders.length <= holdersMax) return [];
    const message = `${holders.length} machines hold ${namespace} that did not ask for it`;
    return [{ invariant: "hoarders", message }];
  });
}
