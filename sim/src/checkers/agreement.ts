import type { KubeObject } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { allObjects, type SeenMesh, type Violation } from "./sight.ts";

/** Differences that are told; one is enough to be wrong. */
const toldMax = 3;

/**
 * All machines that have an object have the same of it, and at least `holders` of them do. In a
 * mesh of five machines that means: everybody has everything. Of a status that is asked only of
 * machines that hold the whole collection: beside its pods a machine has what they are derived
 * from, as it is wanted, but not how that is doing.
 */
export function agreement(mesh: SeenMesh, holders: number): readonly Violation[] {
  const up = mesh.machines.filter(({ isUp }) => isUp);
  const versions = new Map<string, Map<string, string[]>>();
  for (const machine of up) {
    for (const [key, { object, isWhole }] of allObjects(machine)) {
      const { status, ...spec } = object;
      note(versions, key, textOf(spec), machine.name);
      if (isWhole) note(versions, `${key} (status)`, canonicalJson(status ?? null), machine.name);
    }
  }
  const wanted = Math.min(holders, up.length);
  const messages = [...versions].flatMap(([key, held]) => whatIsWrong(key, held, wanted));
  return messages.slice(0, toldMax).map((message) => ({ invariant: "agreement", message }));
}

function note(
  versions: Map<string, Map<string, string[]>>,
  key: string,
  text: string,
  machine: string,
): void {
  const held = versions.get(key) ?? new Map<string, string[]>();
  versions.set(key, held);
  held.set(text, [...(held.get(text) ?? []), machine]);
}

function whatIsWrong(
  key: string,
  held: ReadonlyMap<string, readonly string[]>,
  wanted: number,
): readonly string[] {
  const groups = [...held.values()];
  if (groups.length > 1) {
    const sides = groups.map((names) => names.join("+")).join(" and ");
    return [`${key} differs between ${sides}`];
  }
  const count = groups[0]?.length ?? 0;
  if (count >= wanted) return [];
  return [`${key} is held by ${groups[0]?.join("+")} alone, not by ${wanted}`];
}

/** An object without the revision, which each machine counts for itself. */
function textOf(object: KubeObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return canonicalJson({ ...object, metadata });
}
