import type { PeerId } from "@beemesh/wire";
import type { SeenMesh, Violation } from "./sight.ts";

interface Healthy {
  readonly machine: PeerId;
  readonly place: string;
  readonly slot: string;
  /** Which attempts of its containers run, so that a restart shows. */
  readonly attempts: string;
}

/** Pods that something other than healing has touched. */
export interface Touched {
  /** Machines that have crashed. */
  readonly machines: ReadonlySet<PeerId>;
  /** Pods killed by hand. */
  readonly uids: ReadonlySet<string>;
  /** Names of workloads that were changed: pods' names begin with them. */
  readonly workloads: ReadonlySet<string>;
}

/**
 * Healing restarts and stops no healthy pod: what ran before the first fault, on a machine that
 * never crashed, runs on after the last, unless somebody changed its workload.
 */
export class Continuity {
  readonly #healthy = new Map<string, Healthy>();

  /** Remembers what runs now. */
  remember(mesh: SeenMesh): void {
    for (const [uid, healthy] of runningIn(mesh)) this.#healthy.set(uid, healthy);
  }

  violations(mesh: SeenMesh, touched: Touched): readonly Violation[] {
    const now = runningIn(mesh);
    return [...this.#healthy].flatMap(([uid, before]): Violation[] => {
      if (touched.machines.has(before.machine) || touched.uids.has(uid)) return [];
      if ([...touched.workloads].some((name) => before.slot.includes(`/${name}-`))) return [];
      const after = now.get(uid);
      if (after?.attempts === before.attempts && after.machine === before.machine) return [];
      const fate = after === undefined ? "was stopped" : "was restarted";
      const message = `${before.slot} (${uid}) ${fate} on ${before.place}`;
      return [{ invariant: "continuity", message }];
    });
  }
}

function runningIn({ machines }: SeenMesh): ReadonlyMap<string, Healthy> {
  const pods = new Map<string, Healthy>();
  for (const { id, name: place, running } of machines) {
    for (const { uid, namespace, name, containers } of running()) {
      const attempts = containers.map((each) => `${each.name}/${each.attempt}`).join();
      pods.set(uid, { machine: id, place, slot: `${namespace}/${name}`, attempts });
    }
  }
  return pods;
}
