/** What a namespace may have: what counts, what is refused, and what is given back. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { configMap, objectOf, pod, secret, unbound, workload } from "./manifest.ts";
import { pathOf, type ResourceName } from "./resource.ts";
import { conditionOf, type World } from "./world.ts";

function quota(hard: JsonObject, rest: JsonObject = {}, name = "quota"): JsonObject {
  return objectOf("resourcequotas", "ResourceQuota", name, { spec: { hard, ...rest } });
}

async function untilUsed(world: World, used: JsonObject, name = "quota"): Promise<void> {
  let last: JsonObject = {};
  await world.until(
    () => `${JSON.stringify(used)} used; it is ${JSON.stringify(last["status"])}`,
    async () => {
      last = await world.get("resourcequotas", name);
      return Object.entries(used).every(
        ([key, value]) => at(last, "status", "used", key) === value,
      );
    },
  );
}

/** Counts one that comes and goes; one more than there may be is refused. */
function counts(
  resource: ResourceName,
  key: string,
  make: (name: string) => JsonObject,
): Behaviour {
  return async (world) => {
    await world.create("resourcequotas", quota({ [key]: "1" }));
    await untilUsed(world, { [key]: "0" });
    await world.create(resource, make("one"));
    await untilUsed(world, { [key]: "1" });
    const { code, reason, message } = await world.refused(
      `POST ${world.path(resource)}`,
      make("two"),
    );
    assert.deepEqual([code, reason], [403, "Forbidden"], message);
    assert.match(message, /exceeded quota: quota/u);
    await world.remove(resource, "one");
    await untilUsed(world, { [key]: "0" });
  };
}

const small = {
  requests: { cpu: "100m", memory: "10Mi" },
  limits: { cpu: "200m", memory: "20Mi" },
};

function podOf(name: string, resources: JsonObject = small, rest: JsonObject = {}): JsonObject {
  const containers = [{ name: "main", image: "localhost/none:1", resources }];
  return pod(name, { ...unbound, containers, ...rest });
}

const service = (name: string): JsonObject =>
  objectOf("services", "Service", name, {
    spec: { ports: [{ port: 80 }], selector: { app: name } },
  });

const lives: Behaviours = {
  // The map with the machine's authority is computed, and counts for nothing.
  "am ResourceQuota life of a configMap": counts("configmaps", "count/configmaps", (name) =>
    configMap(name, {}),
  ),
  "am ResourceQuota life of a secret": counts("secrets", "count/secrets", (name) =>
    secret(name, {}),
  ),
  "am ResourceQuota life of a service": counts("services", "services", service),
  "am ResourceQuota life of a replica set": counts(
    "replicasets",
    "count/replicasets.apps",
    (name) => workload("replicasets", name, { replicas: 0 }),
  ),
  "am ResourceQuota life of a replication controller": counts(
    "replicationcontrollers",
    "replicationcontrollers",
    (name) => workload("replicationcontrollers", name, { replicas: 0 }),
  ),

  "am ResourceQuota life of a pod": async (world) => {
    await world.create(
      "resourcequotas",
      quota({ pods: "2", "requests.cpu": "250m", "requests.memory": "25Mi" }),
    );
    await untilUsed(world, { pods: "0" });
    await world.create("pods", podOf("one"));
    await untilUsed(world, { pods: "1", "requests.cpu": "100m", "requests.memory": "10Mi" });
    const large = { requests: { cpu: "200m", memory: "10Mi" } };
    const refused = await world.refused(`POST ${world.path("pods")}`, podOf("two", large));
    assert.equal(refused.code, 403);
    assert.match(
      refused.message,
      /exceeded quota: quota, requested: requests\.cpu=200m, used: requests\.cpu=100m, limited: requests\.cpu=250m/u,
    );
    const none = await world.refused(`POST ${world.path("pods")}`, podOf("two", {}));
    assert.match(none.message, /must specify/u);
    await world.remove("pods", "one");
    await untilUsed(world, { pods: "0", "requests.cpu": "0", "requests.memory": "0" });
  },
};

const itself: Behaviours = {
  "am ResourceQuota status promptly calculated": async (world) => {
    await world.create("resourcequotas", quota({ pods: "5", services: "10" }));
    await untilUsed(world, { pods: "0", services: "0" });
    assert.deepEqual(at(await world.get("resourcequotas", "quota"), "status", "hard"), {
      pods: "5",
      services: "10",
    });
  },
  "am ResourceQuota update and delete": async (world) => {
    await world.create("resourcequotas", quota({ pods: "1" }));
    await world.update("resourcequotas", "quota", (object) => ({
      ...object,
      spec: { hard: { pods: "2" } },
    }));
    assert.equal(at(await world.get("resourcequotas", "quota"), "spec", "hard", "pods"), "2");
    await world.remove("resourcequotas", "quota");
  },
  "am ResourceQuota manage the lifecycle": async (world) => {
    const mark = { metadata: { labels: { life: world.namespace } } };
    await world.create("resourcequotas", {
      ...quota({ pods: "1" }),
      metadata: { name: "quota", ...mark.metadata },
    });
    const query = `?labelSelector=life%3D${world.namespace}`;
    const everywhere = listAt(await world.ok(`GET ${pathOf("resourcequotas")}${query}`), "items");
    assert.deepEqual(everywhere.map(nameOf), ["quota"]);
    const patched = await world.patch(
      "resourcequotas",
      "quota",
      { spec: { hard: { pods: "3" } } },
      "strategic",
    );
    assert.equal(at(patched, "spec", "hard", "pods"), "3");
    await world.ok(`DELETE ${world.path("resourcequotas")}${query}`);
    await world.untilGone("resourcequotas", "quota");
  },
  "am ResourceQuota apply changes to status": async (world) => {
    await world.create("resourcequotas", quota({ pods: "5" }));
    await untilUsed(world, { pods: "0" });
    const watch = await world.watch("resourcequotas");
    const patched = await world.patch("resourcequotas", "quota/status", {
      status: { hard: { pods: "6" } },
    });
    assert.equal(at(patched, "status", "hard", "pods"), "6");
    await watch.next("the patch", ({ object }) => at(object, "status", "hard", "pods") === "6");
    // Whoever counts says what holds, again.
    await world.untilSeen(
      "resourcequotas",
      "quota",
      (object) => at(object, "status", "hard", "pods") === "5",
    );
  },
  "am ResourceQuota best effort scope": async (world) => {
    await world.create("resourcequotas", quota({ pods: "5" }, { scopes: ["BestEffort"] }, "best"));
    await world.create(
      "resourcequotas",
      quota({ pods: "5" }, { scopes: ["NotBestEffort"] }, "other"),
    );
    await world.create("pods", podOf("one", {}));
    await untilUsed(world, { pods: "1" }, "best");
    await untilUsed(world, { pods: "0" }, "other");
    await world.remove("pods", "one");
    await world.create("pods", podOf("two"));
    await untilUsed(world, { pods: "1" }, "other");
    await untilUsed(world, { pods: "0" }, "best");
  },
  "am ResourceQuota terminating scopes": async (world) => {
    await world.create("resourcequotas", quota({ pods: "5" }, { scopes: ["Terminating"] }, "ends"));
    await world.create(
      "resourcequotas",
      quota({ pods: "5" }, { scopes: ["NotTerminating"] }, "stays"),
    );
    await world.create("pods", podOf("one"));
    await untilUsed(world, { pods: "1" }, "stays");
    await untilUsed(world, { pods: "0" }, "ends");
    await world.remove("pods", "one");
    await world.create("pods", podOf("two", small, { activeDeadlineSeconds: 3600 }));
    await untilUsed(world, { pods: "1" }, "ends");
    await untilUsed(world, { pods: "0" }, "stays");
  },
  "apps RC surface failure condition exceeded quota": async (world) => {
    await world.create("resourcequotas", quota({ pods: "2" }));
    await untilUsed(world, { pods: "0" });
    await world.create(
      "replicationcontrollers",
      workload("replicationcontrollers", "web", { replicas: 3 }),
    );
    await world.untilSeen(
      "replicationcontrollers",
      "web",
      (object) => conditionOf(object, "ReplicaFailure") === "True",
    );
    await world.patch("replicationcontrollers", "web/scale", { spec: { replicas: 2 } });
    await world.untilSeen(
      "replicationcontrollers",
      "web",
      (object) => conditionOf(object, "ReplicaFailure") === "",
    );
  },
};

const limits: Behaviours = {
  "sched LimitRange defaults applied": async (world) => {
    const limit = {
      type: "Container",
      min: { cpu: "50m", memory: "100Mi" },
      max: { cpu: "500m", memory: "500Mi" },
      default: { cpu: "500m", memory: "500Mi" },
      defaultRequest: { cpu: "100m", memory: "200Mi" },
    };
    await world.create(
      "limitranges",
      objectOf("limitranges", "LimitRange", "limits", { spec: { limits: [limit] } }),
    );
    const made = await world.create("pods", podOf("none", {}));
    const given = at(made, "spec", "containers", 0, "resources");
    assert.deepEqual(given, { requests: limit.defaultRequest, limits: limit.default });
    const partial = await world.create(
      "pods",
      podOf("partial", { requests: { cpu: "150m", memory: "150Mi" }, limits: { cpu: "300m" } }),
    );
    assert.deepEqual(at(partial, "spec", "containers", 0, "resources"), {
      requests: { cpu: "150m", memory: "150Mi" },
      limits: { cpu: "300m", memory: "500Mi" },
    });
    for (const [name, resources, says] of [
      [
        "low",
        { requests: { cpu: "10m", memory: "50Mi" }, limits: { cpu: "50m", memory: "50Mi" } },
        /minimum/u,
      ],
      [
        "high",
        { requests: { cpu: "600m", memory: "600Mi" }, limits: { cpu: "600m", memory: "600Mi" } },
        /maximum/u,
      ],
    ] as const) {
      const { code, message } = await world.refused(
        `POST ${world.path("pods")}`,
        podOf(name, resources),
      );
      assert.equal(code, 403, message);
      assert.match(message, says);
    }
    await world.update("limitranges", "limits", (object) => ({
      ...object,
      spec: { limits: [{ ...limit, min: { cpu: "9m", memory: "49Mi" } }] },
    }));
    await world.create(
      "pods",
      podOf("low", {
        requests: { cpu: "10m", memory: "50Mi" },
        limits: { cpu: "50m", memory: "50Mi" },
      }),
    );
    assert.equal(textAt(await world.get("pods", "low"), "metadata", "name"), "low");
  },
};

export const quotas: Behaviours = { ...lives, ...itself, ...limits };
