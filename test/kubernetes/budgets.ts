/** How many of some pods may go, who goes for whom, and what taints send away. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { labelled, objectOf, workload } from "./manifest.ts";
import { container, readyPods, started, staying, untilReadyPods, waits } from "./pod-run.ts";
import { pathOf } from "./resource.ts";
import { condition } from "./status-life.ts";
import { conditionOf, countOf, type World } from "./world.ts";

function budget(name: string, spec: JsonObject): JsonObject {
  const selector = { matchLabels: { app: "web" } };
  return objectOf("poddisruptionbudgets", "PodDisruptionBudget", name, {
    spec: { selector, ...spec },
  });
}

async function evict(world: World, name: string): Promise<number> {
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  const { status } = await world.client.send(`POST ${world.path("pods", name, "eviction")}`, body);
  return status;
}

async function untilAllowed(world: World, count: number): Promise<void> {
  await world.untilSeen("poddisruptionbudgets", "budget", (found) => {
    return (
      countOf(found, "observedGeneration") === at(found, "metadata", "generation") &&
      countOf(found, "disruptionsAllowed") === count
    );
  });
}

const disruptions: Behaviours = {
  "apps PDB create": async (world) => {
    await world.create("poddisruptionbudgets", budget("budget", { minAvailable: "1%" }));
    const changed = await world.update("poddisruptionbudgets", "budget", (object) => ({
      ...object,
      spec: { ...Object(object["spec"]), minAvailable: "2%" },
    }));
    assert.equal(at(changed, "spec", "minAvailable"), "2%");
    await world.patch("poddisruptionbudgets", "budget", { spec: { minAvailable: "3%" } });
    await world.untilSeen(
      "poddisruptionbudgets",
      "budget",
      (found) => countOf(found, "observedGeneration") === 3,
    );
    await world.remove("poddisruptionbudgets", "budget");
  },
  "apps PDB observe status updated": async (world) => {
    await world.create("poddisruptionbudgets", budget("budget", { minAvailable: 1 }));
    const spec = staying(container(waits));
    for (const name of ["a", "b", "c"])
      await started(world, name, spec, { labels: { app: "web" } });
    await untilAllowed(world, 2);
  },
  "apps PDB update/patch status": async (world) => {
    await world.create("poddisruptionbudgets", budget("budget", { minAvailable: 1 }));
    const watch = await world.watch("poddisruptionbudgets");
    const conditions = [{ ...condition("Shown"), lastTransitionTime: "2026-01-01T00:00:00Z" }];
    const patched = await world.patch("poddisruptionbudgets", "budget/status", {
      status: { conditions },
    });
    assert.equal(conditionOf(patched, "Shown"), "True");
    await watch.next("the condition", ({ object }) => conditionOf(object, "Shown") === "True");
    const disruptedPods = { a: "2026-01-01T00:00:00Z" };
    const updated = await world.update("poddisruptionbudgets", "budget/status", (object) => ({
      ...object,
      status: { ...Object(object["status"]), disruptedPods },
    }));
    assert.deepEqual(at(updated, "status", "disruptedPods"), disruptedPods);
  },
  "apps PDB list and delete collection all namespaces": async (world) => {
    const mark = world.namespace;
    for (const name of ["a", "b", "c"])
      await world.create(
        "poddisruptionbudgets",
        labelled(budget(name, { minAvailable: 1 }), { life: mark }),
      );
    const query = `?labelSelector=life%3D${mark}`;
    const everywhere = listAt(
      await world.ok(`GET ${pathOf("poddisruptionbudgets")}${query}`),
      "items",
    );
    assert.deepEqual(everywhere.map(nameOf), ["a", "b", "c"]);
    await world.ok(`DELETE ${world.path("poddisruptionbudgets")}${query}`);
    await world.until(
      "none left",
      async () => (await world.list("poddisruptionbudgets", query)).length === 0,
    );
  },
  "apps PDB block an eviction until PDB is updated": async (world) => {
    await world.create("poddisruptionbudgets", budget("budget", { minAvailable: 3 }));
    const spec = staying(container(waits));
    for (const name of ["a", "b", "c"])
      await started(world, name, spec, { labels: { app: "web" } });
    await untilAllowed(world, 0);
    assert.equal(await evict(world, "a"), 429);
    await world.patch("poddisruptionbudgets", "budget", { spec: { minAvailable: 2 } });
    await untilAllowed(world, 1);
    await world.until("an eviction", async () => (await evict(world, "a")) < 300);
    assert.equal(await evict(world, "b"), 429);
    await world.ok(`DELETE ${world.path("poddisruptionbudgets", "budget")}`);
    await world.until("another eviction", async () => (await evict(world, "b")) < 300);
  },
};

/** Puts a taint on a machine, until the test is over. */
async function taint(world: World, name: string, key: string): Promise<void> {
  const write = (taints: readonly JsonObject[] | null): Promise<JsonObject> =>
    world.patch("nodes", name, { spec: { taints } });
  world.atEnd(() => write(null));
  await write([{ key, value: "here", effect: "NoExecute" }]);
}

function tolerating(key: string, seconds?: number): JsonObject {
  const own = { key, operator: "Equal", value: "here", effect: "NoExecute" };
  return {
    tolerations: [{ ...own, ...(seconds !== undefined && { tolerationSeconds: seconds }) }],
  };
}

/** Pods on the second machine, which is tainted: alone, for others run there too. */
const taints: Behaviours = {
  "node NoExecuteTaintManager Single Pod": async (world) => {
    const key = `example.com/${world.namespace}`;
    const name = world.mesh.machines[1]?.name ?? "";
    const here = { nodeSelector: { "kubernetes.io/hostname": name } };
    await started(world, "stays", staying(container(waits), { ...here, ...tolerating(key) }));
    await started(world, "leaves", staying(container(waits), { ...here, ...tolerating(key, 1) }));
    await taint(world, name, key);
    await world.untilGone("pods", "leaves");
    assert.equal(textAt(await world.get("pods", "stays"), "metadata", "deletionTimestamp"), "");
  },
  "node NoExecuteTaintManager Multiple Pods": async (world) => {
    const key = `example.com/${world.namespace}`;
    const name = world.mesh.machines[1]?.name ?? "";
    const here = { nodeSelector: { "kubernetes.io/hostname": name } };
    await started(world, "soon", staying(container(waits), { ...here, ...tolerating(key, 1) }));
    await started(world, "later", staying(container(waits), { ...here, ...tolerating(key, 2) }));
    const watch = await world.watch("pods");
    await taint(world, name, key);
    await watch.see("DELETED", "later");
    const gone = watch.events
      .filter(({ type }) => type === "DELETED")
      .map(({ object }) => nameOf(object));
    assert.deepEqual(gone, ["soon", "later"]);
  },
};

/** A priority of the test's own. */
async function priority(world: World, part: string, value: number): Promise<string> {
  const name = world.unique(part);
  world.atEnd(() => world.ok(`DELETE ${world.path("priorityclasses", name)}`));
  await world.create(
    "priorityclasses",
    objectOf("priorityclasses", "PriorityClass", name, { value }),
  );
  return name;
}

/** A pod that takes so much of the second machine's processor: more than half if nothing is said. */
async function large(world: World, rest: JsonObject, share = 0.6): Promise<JsonObject> {
  const name = world.mesh.machines[1]?.name ?? "";
  const cpu = textAt(await world.get("nodes", name), "status", "allocatable", "cpu");
  const milli = cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000;
  const requests = { cpu: `${Math.floor(milli * share)}m` };
  const nodeSelector = { "kubernetes.io/hostname": name };
  return staying(container(waits, { resources: { requests } }), { nodeSelector, ...rest });
}

const preemptions: Behaviours = {
  "sched Preemption basic preemption": async (world) => {
    const [low, high] = [await priority(world, "low", 1), await priority(world, "high", 1000)];
    const watch = await world.watch("pods");
    await started(world, "less", await large(world, { priorityClassName: low }));
    await started(world, "more", await large(world, { priorityClassName: high }));
    await watch.see("DELETED", "less");
  },
  "sched Preemption lower priority by critical pod": async (world) => {
    const low = await priority(world, "low", 1);
    const watch = await world.watch("pods");
    await started(world, "less", await large(world, { priorityClassName: low }));
    await started(
      world,
      "more",
      await large(world, { priorityClassName: "system-cluster-critical" }),
    );
    await watch.see("DELETED", "less");
  },
  "sched Preemption PreemptionExecutionPath ReplicaSets": async (world) => {
    const make = async (
      name: string,
      { value, replicas, share }: Readonly<Record<string, number>>,
    ): Promise<readonly JsonObject[]> => {
      const priorityClassName = await priority(world, name, value ?? 0);
      const spec = await large(world, { priorityClassName }, share);
      await world.create(
        "replicasets",
        workload("replicasets", name, { replicas: replicas ?? 0, pod: spec }),
      );
      return untilReadyPods(world, name, replicas ?? 0);
    };
    const low = await make("low", { value: 1, replicas: 2, share: 0.3 });
    const middle = await make("middle", { value: 10, replicas: 1, share: 0.25 });
    const watch = await world.watch("pods");
    // For this one both of the least important have to go: of one alone it has not room enough.
    await make("high", { value: 100, replicas: 1, share: 0.5 });
    const victims = new Set(low.map(nameOf));
    await watch.next("both end, in either order", ({ type, object }) => {
      if (type === "DELETED") victims.delete(nameOf(object));
      return victims.size === 0;
    });
    // Those that had to go are there again, and wait; the one that is more important has stayed.
    await world.until("two that wait", async () => {
      const pods = await world.list("pods", "?labelSelector=app%3Dlow");
      return (
        pods.length === 2 && pods.every((each) => conditionOf(each, "PodScheduled") === "False")
      );
    });
    const uidsOf = (pods: readonly JsonObject[]): readonly string[] =>
      pods.map((each) => textAt(each, "metadata", "uid"));
    assert.deepEqual(uidsOf(await readyPods(world, "middle")), uidsOf(middle));
  },
  "sched Preemption pod disruption condition": async (world) => {
    const [low, high] = [await priority(world, "low", 1), await priority(world, "high", 1000)];
    const finalizers = ["example.com/wait"];
    await started(world, "less", await large(world, { priorityClassName: low }), { finalizers });
    await started(world, "more", await large(world, { priorityClassName: high }));
    const found = await world.untilSeen(
      "pods",
      "less",
      (object) => conditionOf(object, "DisruptionTarget") === "True",
    );
    const told = listAt(found, "status", "conditions").find(
      (each) => each["type"] === "DisruptionTarget",
    );
    assert.equal(textAt(told, "reason"), "PreemptionByScheduler");
    await world.patch("pods", "less", { metadata: { finalizers: null } });
    await world.untilGone("pods", "less");
  },
};

export const budgets: Behaviours = disruptions;

/** What would send away the pods of other tests: played one after another, with nothing beside. */
export const evictions: Behaviours = { ...taints, ...preemptions };
