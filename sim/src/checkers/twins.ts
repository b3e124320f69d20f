import type { PeerId } from "@beemesh/wire";
import type { SeenMesh, Violation } from "./sight.ts";

interface Pair {
  readonly slot: string;
  readonly machines: string;
  readonly sinceMs: number;
}

/**
 * At most one pod runs in a slot on each connected side. Two may for a while: when a machine was
 * held dead that was not, or when two sides meet again. Measures how long.
 */
export class Twins {
  #pairs = new Map<string, Pair>();
  #sinceMs = 0;
  #longest: Pair & { readonly ms: number } = { slot: "", machines: "", sinceMs: 0, ms: 0 };

  /** The longest time that a slot ran twice although both machines reached each other. */
  get longestMs(): number {
    return this.#longest.ms;
  }

  /** Counts from this moment: what was before had its reasons. */
  reset(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#longest = { ...this.#longest, ms: 0 };
  }

  /** Looks at the mesh. The oftener, the finer the measure. */
  look(mesh: SeenMesh): void {
    const pairs = new Map<string, Pair>();
    for (const [slot, places] of slotsOf(mesh)) {
      if (places.length < 2) continue;
      for (const pair of pairsOf(slot, places, mesh)) {
        const key = `${pair.slot} ${pair.machines}`;
        const sinceMs = Math.max(this.#sinceMs, this.#pairs.get(key)?.sinceMs ?? mesh.nowMs);
        pairs.set(key, { ...pair, sinceMs });
        const ms = mesh.nowMs - sinceMs;
        if (ms > this.#longest.ms) this.#longest = { ...pair, sinceMs, ms };
      }
    }
    this.#pairs = pairs;
  }

  /** What is wrong if no slot may run twice for longer than this. */
  violations(boundMs: number): readonly Violation[] {
    const { ms, slot, machines } = this.#longest;
    if (ms <= boundMs) return [];
    const message = `${slot} ran on ${machines} for ${Math.round(ms)} ms, not ${boundMs} at most`;
    return [{ invariant: "twins", message }];
  }
}

interface Place {
  readonly id: PeerId;
  readonly name: string;
}

/** Where each slot runs, on machines whose program is there to put an end to it. */
function slotsOf({ machines }: SeenMesh): ReadonlyMap<string, Place[]> {
  const slots = new Map<string, Place[]>();
  for (const { id, name, isUp, running } of machines) {
    if (!isUp) continue;
    for (const pod of running()) {
      const slot = `${pod.namespace}/${pod.name}`;
      const places = slots.get(slot) ?? [];
      places.push({ id, name });
      slots.set(slot, places);
    }
  }
  return slots;
}

function pairsOf(
  slot: string,
  places: readonly Place[],
  { nowMs, reaches }: SeenMesh,
): readonly Pair[] {
  return places.flatMap((a, index) =>
    places
      .slice(index + 1)
      .filter((b) => a.id === b.id || reaches(a.id, b.id))
      .map((b) => ({ slot, machines: `${a.name} and ${b.name}`, sinceMs: nowMs })),
  );
}
