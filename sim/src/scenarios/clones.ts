import { rendezvous } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { NodeEffect } from "../node.ts";
import { Sidecars } from "../sidecars.ts";
import type { Outcome, ScenarioOptions } from "./outcome.ts";
import { Story } from "./story.ts";

/** Where a Deployment of `default`, and what is made of it, is kept. */
const collections = ["deployments.apps/default", "replicasets.apps/default", "pods/default"];

/** Machines that keep a collection. */
const keepersMax = 5;

/** The sidecars have come to know each other after this. */
const acquaintedMs = 4000;

/** What has lost all but one replica and all keepers is whole again within this. */
const rebuildMsMax = 15_000;

/**
 * A workload loses at one moment its machines, all keepers of everything that it is made of, and
 * all replicas but one. What is left rebuilds it: the last replica's machine has the lineage, and
 * its sidecar knows whom it misses.
 */
export function clones(options: ScenarioOptions): Outcome {
  const { seed, machines = 16, pods = 5 } = options;
  const causes = new Map<string, number>();
  const story = new Story({ ...options, machines, pods }, (_, effect) => count(effect, causes));
  const { world } = story.mesh;
  const sidecars = new Sidecars(story.mesh, seed);
  story.pass(acquaintedMs);
  causes.clear();
  const lost = victims(story);
  for (const id of lost) story.crash(id);
  const left = world.ids.filter((id) => !lost.includes(id));
  const rebuiltMs = story.untilRunning(left, pods);
  if (rebuiltMs > rebuildMsMax) {
    const message = `rebuilt after ${rebuiltMs} ms, not ${rebuildMsMax} at most`;
    story.violations.push({ invariant: "liveness", message });
  }
  story.pass(acquaintedMs);
  Object.assign(story.metrics, {
    lost: lost.length,
    left: left.length,
    rebuiltMs,
    asked: sidecars.asked,
    sidecars: sidecars.count,
    bySidecar: causes.get("sidecar") ?? 0,
    byKeepers: (causes.get("machine-lost") ?? 0) + (causes.get("pod-lost") ?? 0),
  });
  return story.end("clones", seed);
}

/** All that keep it and all that run it, but one that runs it: one that keeps nothing, if any. */
function victims(story: Story): readonly PeerId[] {
  const { ids } = story.mesh.world;
  const keepers = new Set(
    collections.flatMap((collection) => rendezvous(collection, ids).slice(0, keepersMax)),
  );
  const hosts = ids.filter((id) => story.runningOn([id]) > 0);
  const last = hosts.find((id) => !keepers.has(id)) ?? hosts[0];
  return [...new Set([...keepers, ...hosts])].filter((id) => id !== last);
}

function count(effect: NodeEffect, causes: Map<string, number>): void {
  if (effect.kind !== "observe" || effect.event !== "clone.published") return;
  const cause = String(effect.facts["reason"]);
  causes.set(cause, (causes.get(cause) ?? 0) + 1);
}
