/** Workloads whose pods run: how they come, change, go and come back. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { objectOf, pod, workload } from "./manifest.ts";
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
import { conditionOf, countOf, type World } from "./world.ts";

/** A pod that waits; of another version it differs by a variable. */
function version(name: string, rest: JsonObject = {}): JsonObject {
  return staying(container(waits, { env: [{ name: "VERSION", value: name }], ...rest }));
}

function versionOf(found: JsonObject): string {
  return textAt(found, "spec", "containers", 0, "env", 0, "value");
}

type Replicated = "deployments" | "replicasets" | "statefulsets" | "replicationcontrollers";

async function make(
  world: World,
  resource: Replicated,
  replicas: number,
  spec: JsonObject = {},
): Promise<void> {
  await world.create(resource, workload(resource, "web", { replicas, spec, pod: version("one") }));
}

/** Changes what the pods of a workload are. */
function change(
  world: World,
  resource: Replicated | "daemonsets",
  to: string,
): Promise<JsonObject> {
  return world.patch(resource, "web", { spec: { template: { spec: version(to) } } });
}

async function untilVersions(
  world: World,
  wanted: readonly string[],
): Promise<readonly JsonObject[]> {
  let last: readonly JsonObject[] = [];
  await world.until(
    () => `pods ${wanted.join()}; there are ${last.map(versionOf).join()}`,
    async () => {
      last = await readyPods(world, "web");
      return last.map(versionOf).toSorted().join() === wanted.join();
    },
    podMsMax,
  );
  return last;
}

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
    const counts = (await world.list("replicasets")).map((each) => at(each, "spec", "replicas"));
    assert.deepEqual(counts.toSorted(), [...counts.slice(1).map(() => 0), 2].toSorted());
  },
  "apps Deployment proportional scaling": async (world) => {
    await make(world, "deployments", 4, {
      strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } },
    });
    await untilDeployed(world, 4);
    const broken = {
      spec: { template: { spec: staying(container(waits, { image: "localhost/none:404" })) } },
    };
    await world.patch("deployments", "web", broken);
    const wanted = async (): Promise<readonly number[]> => {
      return (await world.list("replicasets"))
        .map((each) => Number(at(each, "spec", "replicas")))
        .toSorted((a, b) => a - b);
    };
    // Of four one may be missing and two may be more: three of the old stay, three new are tried.
    await world.until(
      "a rollout that is stuck",
      async () => (await wanted()).join() === "3,3",
      podMsMax,
    );
    await world.patch("deployments", "web/scale", { spec: { replicas: 8 } });
    // Both grow by as much as they are of the whole.
    await world.until(
      "both to have grown",
      async () => (await wanted()).join() === "5,5",
      podMsMax,
    );
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

async function untilCrew(world: World, names: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await world.until(
    () => `pods ${names.join()}; ready are ${last.join()}`,
    async () => {
      last = (await readyPods(world, "web")).map(nameOf).toSorted();
      return last.join() === names.join();
    },
    podMsMax,
  );
}

/** Ready while a file is there, which a test makes in the container. */
const readyByFile = (): JsonObject =>
  version("one", {
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1 },
  });

const crews: Behaviours = {
  "apps StatefulSet Scaling predictable order and halt": async (world) => {
    const watch = await world.watch("pods", "?labelSelector=app%3Dweb");
    await world.create(
      "statefulsets",
      workload("statefulsets", "web", { replicas: 2, pod: readyByFile() }),
    );
    await untilPod(
      world,
      "web-0",
      "Running",
      (found) => textAt(found, "status", "phase") === "Running",
    ).catch(() => undefined);
    await world.untilSeen("statefulsets", "web", (found) => countOf(found, "replicas") === 1);
    // The first is not ready, so that there is no second.
    assert.deepEqual((await world.list("pods")).map(nameOf), ["web-0"]);
    const healthy = { spec: { template: { spec: version("one") } } };
    await world.patch("statefulsets", "web", healthy);
    await world.ok(`DELETE ${world.path("pods", "web-0")}`);
    await untilCrew(world, ["web-0", "web-1"]);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 3 } });
    await untilCrew(world, ["web-0", "web-1", "web-2"]);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 0 } });
    await world.until("no pods", async () => (await world.list("pods")).length === 0, podMsMax);
    const ended = watch.events
      .filter(({ type }) => type === "DELETED")
      .map(({ object }) => nameOf(object));
    assert.deepEqual(ended.slice(-3), ["web-2", "web-1", "web-0"]);
  },
  "apps StatefulSet Burst scaling unhealthy": async (world) => {
    const spec = { podManagementPolicy: "Parallel" };
    await world.create(
      "statefulsets",
      workload("statefulsets", "web", { replicas: 3, spec, pod: readyByFile() }),
    );
    await world.until(
      "three that run",
      async () => {
        return (
          (await world.list("pods")).filter((each) => textAt(each, "status", "phase") === "Running")
            .length === 3
        );
      },
      podMsMax,
    );
    assert.equal((await readyPods(world, "web")).length, 0);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 1 } });
    await world.until(
      "one pod",
      async () => (await world.list("pods")).map(nameOf).join() === "web-0",
      podMsMax,
    );
  },
  "apps StatefulSet rolling updates and roll backs": async (world) => {
    await make(world, "statefulsets", 2);
    await untilCrew(world, ["web-0", "web-1"]);
    const first = textAt(await world.get("statefulsets", "web"), "status", "currentRevision");
    await change(world, "statefulsets", "two");
    await untilVersions(world, ["two", "two"]);
    const updated = await world.untilSeen(
      "statefulsets",
      "web",
      (found) =>
        countOf(found, "updatedReplicas") === 2 &&
        textAt(found, "status", "currentRevision") !== first,
    );
    assert.equal(
      textAt(updated, "status", "currentRevision"),
      textAt(updated, "status", "updateRevision"),
    );
    await change(world, "statefulsets", "one");
    await untilVersions(world, ["one", "one"]);
    await world.untilSeen(
      "statefulsets",
      "web",
      (found) => textAt(found, "status", "currentRevision") === first,
    );
  },
  "apps StatefulSet canary updates phased": async (world) => {
    const partition = (at: number): JsonObject => ({
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: at } },
    });
    await make(world, "statefulsets", 2, partition(2));
    await untilCrew(world, ["web-0", "web-1"]);
    await change(world, "statefulsets", "two");
    await world.untilSeen(
      "statefulsets",
      "web",
      (found) => countOf(found, "observedGeneration") === 2,
    );
    assert.deepEqual((await readyPods(world, "web")).map(versionOf), ["one", "one"]);
    await world.patch("statefulsets", "web", { spec: partition(1) });
    const pods = await untilVersions(world, ["one", "two"]);
    assert.equal(nameOf(pods.find((each) => versionOf(each) === "two")), "web-1");
    await world.patch("statefulsets", "web", { spec: partition(0) });
    await untilVersions(world, ["two", "two"]);
  },
  "apps StatefulSet recreate evicted": async (world) => {
    await make(world, "statefulsets", 1);
    await untilCrew(world, ["web-0"]);
    const before = textAt(await world.get("pods", "web-0"), "metadata", "uid");
    await world.ok(`POST ${world.path("pods", "web-0", "eviction")}`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "web-0" },
    });
    await world.until(
      "another web-0",
      async () => {
        const [found = {}] = await readyPods(world, "web");
        return nameOf(found) === "web-0" && textAt(found, "metadata", "uid") !== before;
      },
      podMsMax,
    );
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
    const [{ name = "" } = {}] = world.mesh.machines;
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
  "apps DaemonSet retry creating failed daemon pods": async (world) => {
    const [first = {}] = await makeDaemons(world);
    await world.patch("pods", `${nameOf(first)}/status`, { status: { phase: "Failed" } });
    await world.until(
      "another in its place",
      async () => {
        const pods = await readyPods(world, "web");
        return (
          pods.length === world.mesh.machines.length &&
          pods.every((each) => textAt(each, "metadata", "uid") !== textAt(first, "metadata", "uid"))
        );
      },
      podMsMax,
    );
  },
};

function job(name: string, script: string, spec: JsonObject = {}): JsonObject {
  const { restartPolicy = "Never", ...rest } = spec;
  const template = { spec: { ...ending(container(script)), restartPolicy } };
  return objectOf("jobs", "Job", name, { spec: { template, ...rest } });
}

async function untilComplete(world: World, name: string): Promise<JsonObject> {
  let last: JsonObject = {};
  await world.until(
    () => `job ${name} complete: ${JSON.stringify(last["status"])}`,
    async () => {
      last = await world.get("jobs", name);
      return conditionOf(last, "Complete") === "True";
    },
    podMsMax,
  );
  return last;
}

const work: Behaviours = {
  "apps Job run to completion when tasks locally restarted": async (world) => {
    // Fails once in a place that outlives its container.
    const template = {
      spec: {
        ...ending(
          container("test -e /keep/x && exit 0; touch /keep/x; exit 1", {
            volumeMounts: [{ name: "keep", mountPath: "/keep" }],
          }),
        ),
        restartPolicy: "OnFailure",
        volumes: [{ name: "keep", emptyDir: {} }],
      },
    };
    await world.create(
      "jobs",
      objectOf("jobs", "Job", "work", { spec: { template, completions: 4, parallelism: 2 } }),
    );
    const done = await untilComplete(world, "work");
    assert.equal(countOf(done, "succeeded"), 4);
  },
  "apps Job Indexed hostname": async (world) => {
    const spec = { completionMode: "Indexed", completions: 2, parallelism: 2 };
    await world.create("jobs", job("work", "echo $JOB_COMPLETION_INDEX $(hostname)", spec));
    const done = await untilComplete(world, "work");
    assert.equal(textAt(done, "status", "completedIndexes"), "0,1".replace(",", "-"));
    const pods = await world.list("pods");
    const logs = await Promise.all(
      pods.map(async (each) =>
        (await world.client.send(`GET ${world.path("pods", nameOf(each))}/log`)).text.trim(),
      ),
    );
    assert.deepEqual(logs.toSorted(), ["0 work-0", "1 work-1"]);
  },
};

export const rollouts: Behaviours = { ...sets, ...deployments, ...crews, ...daemons, ...work };
