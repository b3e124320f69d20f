import { findResource, type KubeObject } from "@beemesh/model";
import { collectionOf, type Stamp } from "@beemesh/wire";
import type { SeenMesh, Violation } from "./sight.ts";

/** Annotation by which a client knows its own writes again. */
export const writeAnnotation = "simulator/write";

const collection = collectionOf("deployments", "apps", "default");

/** A write that a client made to a Deployment of `default`. */
export interface ClientWrite {
  readonly name: string;
  /** A number of its own, in the object as {@link writeAnnotation}. */
  readonly number: number;
  readonly kind: "put" | "delete";
  readonly stamp: Stamp;
  /** Whether a majority of keepers has said that it holds the write. */
  isAcknowledged: boolean;
}

/**
 * No acknowledged write is lost: after healing every machine shows, of each name, the newest
 * acknowledged write or one with a later stamp.
 */
export class Promises {
  readonly #writes: ClientWrite[] = [];

  /** Takes note of a write when it is made; it becomes a promise when it is acknowledged. */
  add(write: ClientWrite): void {
    this.#writes.push(write);
  }

  get acknowledged(): number {
    return this.#writes.filter(({ isAcknowledged }) => isAcknowledged).length;
  }

  violations(mesh: SeenMesh): readonly Violation[] {
    const resource = findResource("apps", "deployments");
    const byName = Map.groupBy(this.#writes, ({ name }) => name);
    const up = mesh.machines.filter(({ isUp }) => isUp);
    if (up.length > 0 && !up.some(({ holds }) => holds(collection))) {
      return [{ invariant: "promises", message: `no machine holds all of ${collection}` }];
    }
    return up.flatMap(({ name: machine, objects, holds }) => {
      // Of what it does not hold as a whole a machine promises nothing.
      if (resource === undefined || !holds(collection)) return [];
      const held = new Map(
        objects.list(resource).items.map((object) => [object.metadata.name, object]),
      );
      return [...byName].flatMap(([name, writes]) => {
        const lost = lostOf(writes, held.get(name));
        if (lost === undefined) return [];
        const message = `${lost.kind} ${lost.number} of ${name} is lost on ${machine}`;
        return [{ invariant: "promises", message }];
      });
    });
  }
}

/** The newest acknowledged write, if what is there is older. */
function lostOf(
  writes: readonly ClientWrite[],
  object: KubeObject | undefined,
): ClientWrite | undefined {
  const promised = writes.filter(({ isAcknowledged }) => isAcknowledged);
  const [newest] = promised.toSorted((a, b) => (a.stamp < b.stamp ? 1 : -1));
  if (newest === undefined) return undefined;
  const later = writes.filter(({ stamp }) => stamp >= newest.stamp);
  const number = Number(object?.metadata.annotations?.[writeAnnotation] ?? Number.NaN);
  const isThere =
    object === undefined
      ? later.some(({ kind }) => kind === "delete")
      : later.some((write) => write.kind === "put" && write.number === number);
  return isThere ? undefined : newest;
}
