/** Workloads whose pods run: how they come, change, go and come back. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { pod, workload } from "./manifest.ts";
import {
  container,
  ending,
  podMsMax,
  readyPods,
  serves,
  staying,
  untilPod,
  untilReady,
  untilReadyPods,
  waits,
} from "./pod-run.ts";
import { change, make, untilVersions, version, versionOf } from "./version.ts";
import { conditionOf, countOf, type World } from "./world.ts";

const deploymentDone =
  (replicas: number) =>
  (found: JsonObject): boolean =>
    countOf(found, "observedGeneration") === at(found, "metadata", "generation") &&
    ["replicas", "updatedReplicas", "availableReplicas"].every(
      (each) => countOf(found, each) === replicas,
    );

async function untilDeployed(world: World, replicas: number): Promise<void> {
  let last: JsonObject = {};
  await world.until(
    () => `the Deployment done: ${JSON.stringify(last["status"])}`,
    async () => {
      last = await world.get("deployments", "web");
      return deploymentDone(replicas)(last);
    },
    podMsMax,
  );
}

const serving =
  (resource: "replicasets" | "replicationcontrollers"): Behaviour =>
  async (world) => {
    const main = container(serves, {
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    });
    await world.create(resource, workload(resource, "web", { replicas: 2, pod: staying(main) }));
    const pods = await untilReadyPods(world, "web", 2);
    const asker = "for a in $@; do wget -q -O - http://$a:8080/; done";
    const addresses = pods.map((each) => textAt(each, "status", "podIP"));
    const spec = ending({
      ...container(""),
      command: ["/bin/sh", "-c", asker, "ask", ...addresses],
    });
    await world.create("pods", pod("asks", spec));
    await untilPod(
      world,
      "asks",
      "Succeeded",
      (found) => textAt(found, "status", "phase") === "Succeeded",
    );
    const { text } = await world.client.send(`GET ${world.path("pods", "asks")}/log`);
    assert.deepEqual(text.trimEnd().split("\n").toSorted(), pods.map(nameOf).toSorted());
  };

/** An orphan of the right label is taken; one whose label is taken away is let go and replaced. */
const adopts =
  (resource: "replicasets" | "replicationcontrollers"): Behaviour =>
  async (world) => {
    await world.create("pods", pod("orphan", version("one"), { labels: { app: "web" } }));
    await untilReady(world, "orphan");
    await make(world, resource, 1);
    const owned = (found: JsonObject): boolean =>
      listAt(found, "metadata", "ownerReferences").some((each) => each["name"] === "web");
    await untilPod(world, "orphan", "adopted", owned);
    assert.equal((await world.list("pods")).length, 1);
  };

const releases =
  (resource: "replicasets" | "replicationcontrollers"): Behaviour =>
  async (world) => {
    await make(world, resource, 1);
    const [first = {}] = await untilReadyPods(world, "web", 1);
    await world.patch("pods", nameOf(first), { metadata: { labels: { app: "other" } } });
    await untilPod(world, nameOf(first), "let go", (found) => {
      return listAt(found, "metadata", "ownerReferences").length === 0;
    });
    const [second = {}] = await untilReadyPods(world, "web", 1);
    assert.notEqual(textAt(second, "metadata", "uid"), textAt(first, "metadata", "uid"));
  };

const sets: Behaviours = {
  "apps ReplicaSet serve a basic image": serving("replicasets"),
  "apps RC serve a basic image": serving("replicationcontrollers"),
  "apps RC adopt matching pods": adopts("replicationcontrollers"),
  "apps RC release no longer matching": releases("replicationcontrollers"),
  "apps ReplicaSet adopt and release": async (world) => {
    await adopts("replicasets")(world);
    await world.patch("pods", "orphan", { metadata: { labels: { app: "other" } } });
    await untilPod(world, "orphan", "let go", (found) => {
      return listAt(found, "metadata", "ownerReferences").length === 0;
    });
    await untilReadyPods(world, "web", 1);
  },
  "apps RC lifecycle": async (world) => {
    const watch = await world.watch("replicationcontrollers");
    await make(world, "replicationcontrollers", 1);
    await watch.see("ADDED", "web");
    await watch.next("a ready pod", ({ object }) => countOf(object, "readyReplicas") === 1);
    await world.patch("replicationcontrollers", "web", {
      metadata: { labels: { patched: "yes" } },
    });
    await world.patch("replicationcontrollers", "web/scale", { spec: { replicas: 2 } });
    await watch.next("two ready pods", ({ object }) => countOf(object, "readyReplicas") === 2);
    const listed = await world.list("replicationcontrollers", "?labelSelector=patched%3Dyes");
    assert.deepEqual(listed.map(nameOf), ["web"]);
    await world.ok(`DELETE ${world.path("replicationcontrollers")}?labelSelector=patched%3Dyes`);
    await watch.see("DELETED", "web");
  },
};

const deployments: Behaviours = {
  "apps Deployment RollingUpdate": async (world) => {
    await make(world, "deployments", 3);
    await untilDeployed(world, 3);
    const [old = {}] = await world.list("replicasets");
    await change(world, "deployments", "two");
    await untilDeployed(world, 3);
    await untilVersions(world, ["two", "two", "two"]);
    await world.untilSeen(
      "replicasets",
      nameOf(old),
      (found) => at(found, "spec", "replicas") === 0,
    );
    assert.equal((await world.list("replicasets")).length, 2);
  },
  "apps Deployment Recreate": async (world) => {
    await make(world, "deployments", 2, { strategy: { type: "Recreate" } });
    await untilDeployed(world, 2);
    const watch = await world.watch("pods", "?labelSelector=app%3Dweb");
    await change(world, "deployments", "two");
    await untilVersions(world, ["two", "two"]);
    // No pod of the new version came before the last one of the old had gone.
    const types = watch.events
      .filter(
        ({ type, object }) =>
          type === "DELETED" || (type === "ADDED" && versionOf(object) === "two"),
      )
      .map(({ type }) => type);
    assert.deepEqual(types.slice(0, 4), ["DELETED", "DELETED", "ADDED", "ADDED"]);
  },
  "apps Deployment delete old replica sets": async (world) => {
    await make(world, "deployments", 1, { revisionHistoryLimit: 0 });
    await untilDeployed(world, 1);
    await change(world, "deployments", "two");
    await untilDeployed(world, 1);
    await world.until(
      "one ReplicaSet",
      async () => (await world.list("replicasets")).length === 1,
      podMsMax,
    );
  },
  "apps Deployment rollover": async (world) => {
    await make(world, "deployments", 2);
    await change(world, "deployments", "two");
    await change(world, "deployments", "three");
    await untilVersions(world, ["three", "three"]);
    await untilDeployed(world, 2);
    const counts = (await world.list("replicasets")).map((each) =>
      Number(at(each, "spec", "replicas")),
    );
    assert.deepEqual(
      counts.filter((count) => count > 0),
      [2],
    );
  },
  "apps Deployment proportional scaling": async (world) => {
    const strategy = { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } };
    await make(world, "deployments", 3, { strategy });
    await untilDeployed(world, 3);
    const [old = {}] = await world.list("replicasets");
    // No machine takes the pods of the new version: two of the old one have to stay.
    const spec = { ...version("two"), nodeSelector: { "kubernetes.io/hostname": "nowhere" } };
    await world.patch("deployments", "web", { spec: { template: { spec } } });
    const untilSizes = async (...sizes: readonly number[]): Promise<void> => {
      let last: readonly number[] = [];
      await world.until(
        () => `ReplicaSets of ${sizes.join()}; there are ${last.join()}`,
        async () => {
          const found = await world.list("replicasets");
          const inOrder = found.toSorted((a) => (nameOf(a) === nameOf(old) ? -1 : 1));
          last = inOrder.map((each) => Number(at(each, "spec", "replicas")));
          return last.join() === sizes.join();
        },
      );
    };
    await untilSizes(2, 3);
    await world.patch("deployments", "web/scale", { spec: { replicas: 6 } });
    await untilSizes(3, 5);
    await untilReadyPods(world, "web", 3);
    const anywhere = { spec: { nodeSelector: null } };
    await world.patch("deployments", "web", { spec: { replicas: 4, template: anywhere } });
    await untilVersions(world, ["two", "two", "two", "two"]);
    await untilDeployed(world, 4);
  },
  "apps Deployment lifecycle": async (world) => {
    const watch = await world.watch("deployments");
    await make(world, "deployments", 1);
    await watch.next("a ready pod", ({ object }) => countOf(object, "readyReplicas") === 1);
    await world.patch("deployments", "web", {
      metadata: { labels: { patched: "yes" } },
      spec: { replicas: 2 },
    });
    await watch.next("two ready pods", ({ object }) => countOf(object, "readyReplicas") === 2);
    await world.update("deployments", "web", (found) => ({
      ...found,
      spec: {
        ...Object(found["spec"]),
        template: { metadata: { labels: { app: "web" } }, spec: version("two") },
      },
    }));
    await watch.next(
      "the new version",
      ({ object }) =>
        countOf(object, "updatedReplicas") === 2 && countOf(object, "readyReplicas") === 2,
    );
    assert.equal(conditionOf(await world.get("deployments", "web"), "Available"), "True");
    const options = { kind: "DeleteOptions", propagationPolicy: "Background" };
    await world.ok(`DELETE ${world.path("deployments")}?labelSelector=patched%3Dyes`, options);
    await watch.see("DELETED", "web");
  },
};

/** A pod on each machine. */
async function untilEverywhere(world: World): Promise<readonly JsonObject[]> {
  const count = world.mesh.machines.length;
  const pods = await untilReadyPods(world, "web", count);
  assert.equal(new Set(pods.map((each) => textAt(each, "spec", "nodeName"))).size, count);
  return pods;
}

async function makeDaemons(world: World, spec: JsonObject = {}): Promise<readonly JsonObject[]> {
  await world.create("daemonsets", workload("daemonsets", "web", { spec, pod: version("one") }));
  return untilEverywhere(world);
}

const daemons: Behaviours = {
  "apps DaemonSet run and stop simple daemon": async (world) => {
    const [first = {}] = await makeDaemons(world);
    await world.ok(`DELETE ${world.path("pods", nameOf(first))}`);
    await world.until(
      "another in its place",
      async () => {
        const pods = await readyPods(world, "web");
        const isNew = pods.every(
          (each) => textAt(each, "metadata", "uid") !== textAt(first, "metadata", "uid"),
        );
        return isNew && pods.length === world.mesh.machines.length;
      },
      podMsMax,
    );
    await world.ok(`DELETE ${world.path("daemonsets", "web")}`, {
      propagationPolicy: "Background",
    });
    await world.until("no pods", async () => (await world.list("pods")).length === 0, podMsMax);
  },
  "apps DaemonSet run and stop complex daemon": async (world) => {
    const label = world.unique("color");
    const selects = (color: string): JsonObject => ({
      ...version("one"),
      nodeSelector: { [label]: color },
    });
    const spec = { updateStrategy: { type: "OnDelete" } };
    await world.create("daemonsets", workload("daemonsets", "web", { spec, pod: selects("blue") }));
    assert.equal((await readyPods(world, "web")).length, 0);
    const name = world.mesh.machines[0]?.name ?? "";
    const paint = (color: string | null): Promise<JsonObject> =>
      world.patch("nodes", name, { metadata: { labels: { [label]: color } } });
    world.atEnd(() => paint(null));
    await paint("blue");
    const [found = {}] = await untilReadyPods(world, "web", 1);
    assert.equal(textAt(found, "spec", "nodeName"), name);
    await paint("green");
    await world.until("no pods", async () => (await world.list("pods")).length === 0, podMsMax);
    const rolling = {
      updateStrategy: { type: "RollingUpdate" },
      template: { spec: selects("green") },
    };
    await world.patch("daemonsets", "web", { spec: rolling });
    await untilReadyPods(world, "web", 1);
  },
  "apps DaemonSet retry creating failed daemon pods": async (world) => {
    const before = await makeDaemons(world);
    const uidOf = (found: JsonObject | undefined): string => textAt(found, "metadata", "uid");
    const [first = {}, ...others] = before;
    const watch = await world.watch("pods", "?labelSelector=app%3Dweb");
    // Its machine ends it, and says that it has failed.
    await world.patch("pods", nameOf(first), { spec: { activeDeadlineSeconds: 1 } });
    await watch.next("a failure", ({ object }) => {
      return uidOf(object) === uidOf(first) && textAt(object, "status", "phase") === "Failed";
    });
    await watch.next("another", ({ object }) => {
      return uidOf(object) !== uidOf(first) && nameOf(object) === nameOf(first);
    });
    const after = (await untilEverywhere(world)).map(uidOf);
    assert.deepEqual([after.includes(uidOf(first)), after.length], [false, before.length]);
    for (const each of others) assert(after.includes(uidOf(each)), "the others stay");
    const events = await world.list("events", "?fieldSelector=reason%3DFailedDaemonPod");
    assert.equal(textAt(events[0], "involvedObject", "name"), "web");
  },
  "apps DaemonSet RollingUpdate": async (world) => {
    await makeDaemons(world);
    const before = await world.list("controllerrevisions");
    await change(world, "daemonsets", "two");
    await untilVersions(
      world,
      world.mesh.machines.map(() => "two"),
    );
    assert.equal((await world.list("controllerrevisions")).length, before.length + 1);
  },
  "apps DaemonSet rollback without unnecessary restarts": async (world) => {
    const before = new Map(
      (await makeDaemons(world)).map((each) => [nameOf(each), textAt(each, "metadata", "uid")]),
    );
    const broken = {
      spec: {
        template: {
          spec: staying(
            container(waits, {
              image: "localhost/none:404",
              env: [{ name: "VERSION", value: "bad" }],
            }),
          ),
        },
      },
    };
    await world.patch("daemonsets", "web", broken);
    await world.until(
      "one that is replaced",
      async () => {
        return (await world.list("pods")).some((each) => versionOf(each) === "bad");
      },
      podMsMax,
    );
    await change(world, "daemonsets", "one");
    await untilVersions(
      world,
      world.mesh.machines.map(() => "one"),
    );
    const kept = (await readyPods(world, "web")).filter((each) => {
      return before.get(nameOf(each)) === textAt(each, "metadata", "uid");
    });
    assert.equal(kept.length, world.mesh.machines.length - 1, "one at a time is replaced");
  },
};

export const rollouts: Behaviours = { ...sets, ...deployments, ...daemons };
