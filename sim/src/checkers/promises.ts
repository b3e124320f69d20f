import { findResource, type KubeObject } from "@beemesh/model";
import { collectionOf, isJsonObject, type Json, type Stamp } from "@beemesh/wire";
import type { SeenMesh, Violation } from "./sight.ts";

/** Annotation by which a client knows its own writes again. */
export const writeAnnotation = "simulator/write";

/** What a client changes of a Deployment. Each has an annotation that says who was the last. */
export type ClientField = "replicas" | "image" | "colour" | "minReadySeconds";

/** All of them. */
export const clientFields: readonly ClientField[] = [
  "replicas",
  "image",
  "colour",
  "minReadySeconds",
];

/** The annotation that names the last write of a field. */
export function fieldAnnotation(field: ClientField): string {
  return `simulator/${field}`;
}

const collection = collectionOf("deployments", "apps", "default");

/** A write that a client made to a Deployment of `default`. */
export interface ClientWrite {
  readonly name: string;
  /** A number of its own, in the object as {@link writeAnnotation}. */
  readonly number: number;
  readonly kind: "put" | "delete";
  readonly stamp: Stamp;
  /** Of which object of that name it is. */
  readonly uid: string;
  /** The values of the fields that it sets. */
  readonly sets: Readonly<Partial<Record<ClientField, number | string>>>;
  /** Whether a majority of keepers has said that it holds the write. */
  isAcknowledged: boolean;
}

/**
 * No acknowledged write is lost: after healing every machine shows, of each name, the newest
 * acknowledged write or one with a later stamp; and of each field of the object that it shows, the
 * value of the newest acknowledged write of that field, or of a later one.
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
        const object = held.get(name);
        const lost = lostOf(writes, object);
        const told = lost === undefined ? [] : [`${lost.kind} ${lost.number} of ${name}`];
        const fields = object === undefined ? [] : lostFields(writes, object);
        return [...told, ...fields].map((what) => {
          const message = `${what} is lost on ${machine}`;
          return { invariant: "promises", message };
        });
      });
    });
  }
}

/** The fields of an object that show an older write than the newest acknowledged one. */
function lostFields(writes: readonly ClientWrite[], object: KubeObject): readonly string[] {
  const { name, uid, annotations = {} } = object.metadata;
  return clientFields.flatMap((field): readonly string[] => {
    const setters = writes
      .filter((write) => write.uid === uid && write.sets[field] !== undefined)
      .toSorted((a, b) => (a.stamp < b.stamp ? 1 : -1));
    const newest = setters.find(({ isAcknowledged }) => isAcknowledged);
    if (newest === undefined) return [];
    const number = Number(annotations[fieldAnnotation(field)] ?? Number.NaN);
    const shown = setters.find((write) => write.number === number);
    const isThere = shown !== undefined && shown.stamp >= newest.stamp;
    if (isThere && shown.sets[field] === valueOf(object, field)) return [];
    return [`${field} of put ${newest.number} of ${name}`];
  });
}

function valueOf({ spec, metadata }: KubeObject, field: ClientField): Json | undefined {
  if (field === "colour") return metadata.labels?.["colour"];
  if (!isJsonObject(spec)) return undefined;
  if (field !== "image") return spec[field];
  const template = isJsonObject(spec["template"]) ? spec["template"]["spec"] : undefined;
  const containers = isJsonObject(template) ? template["containers"] : undefined;
  const [first] = Array.isArray(containers) ? containers : [];
  return isJsonObject(first) ? first["image"] : undefined;
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
