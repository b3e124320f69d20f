import type { KubeObject } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { allObjects, type SeenMesh, type Violation } from "./sight.ts";

/** Differences that are told; one is enough to be wrong. */
const toldMax = 3;

/**
 * All machines that hold an object hold the same of it, and at least `holders` of them do. In a
 * mesh of five machines that means: everybody holds everything.
 */
export function agreement(mesh: SeenMesh, holders: number): readonly Violation[] {
  const up = mesh.machines.filter(({ isUp }) => isUp);
  const versions = new Map<string, Map<string, string[]>>();
  for (const machine of up) {
    for (const [key, object] of allObjects(machine)) {
      const held = versions.get(key) ?? new Map<string, string[]>();
      versions.set(key, held);
      const text = textOf(object);
      held.set(text, [...(held.get(text) ?? []), machine.name]);
    }
  }
  const wanted = Math.min(holders, up.length);
  const messages = [...versions].flatMap(([key, held]) => whatIsWrong(key, held, wanted));
  return messages.slice(0, toldMax).map((message) => ({ invariant: "agreement", message }));
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
