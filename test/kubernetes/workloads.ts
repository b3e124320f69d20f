/** Workloads as objects: their scale, their status, and what is written of them. No pod runs. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, nameOf, textAt } from "./client.ts";
import { labelled, objectOf, unbound, workload } from "./manifest.ts";
import { playStatus } from "./status-life.ts";
import { countOf, type World } from "./world.ts";

type Scaled = "deployments" | "replicasets" | "statefulsets" | "replicationcontrollers";

/** How many are wanted, asked and said through `/scale` alone. */
const scales =
  (resource: Scaled): Behaviour =>
  async (world) => {
    await world.create(resource, workload(resource, "web", { replicas: 1 }));
    const scale = await world.get(resource, "web/scale");
    assert.deepEqual([scale["kind"], at(scale, "spec", "replicas")], ["Scale", 1]);
    assert.equal(scale["apiVersion"], "autoscaling/v1");
    const updated = await world.update(resource, "web/scale", (object) => ({
      ...object,
      spec: { replicas: 2 },
    }));
    assert.equal(at(updated, "spec", "replicas"), 2);
    assert.equal(at(await world.get(resource, "web"), "spec", "replicas"), 2);
    const patched = await world.patch(resource, "web/scale", { spec: { replicas: 4 } });
    assert.equal(at(patched, "spec", "replicas"), 4);
    assert.equal(at(await world.get(resource, "web"), "spec", "replicas"), 4);
    // Of a StatefulSet one comes after the other, and these never come.
    const wanted = resource === "statefulsets" ? 1 : 4;
    await world.untilSeen(resource, "web", (object) => countOf(object, "replicas") === wanted);
    assert.equal(at(await world.get(resource, "web/scale"), "status", "replicas"), wanted);
    assert.match(textAt(await world.get(resource, "web/scale"), "status", "selector"), /app=web/u);
  };

const shownStatus =
  (resource: Scaled | "daemonsets"): Behaviour =>
  async (world) => {
    const replicas = resource === "daemonsets" ? {} : { replicas: 1 };
    await world.create(resource, workload(resource, "web", replicas));
    await playStatus(world, resource, "web");
  };

/** A few of one label, deleted together with what they made. */
const deletedTogether =
  (resource: Scaled | "daemonsets"): Behaviour =>
  async (world) => {
    const query = "?labelSelector=life%3Dmarked";
    const names = ["a", "b", "c"];
    for (const name of names) {
      const replicas = resource === "daemonsets" ? {} : { replicas: 1 };
      const body = labelled(workload(resource, name, replicas), { life: "marked" });
      await world.create(resource, body);
    }
    assert.deepEqual((await world.list(resource, query)).map(nameOf), names);
    await world.patch(resource, "a", { metadata: { labels: { patched: "yes" } } });
    const options = { kind: "DeleteOptions", propagationPolicy: "Background" };
    await world.ok(`DELETE ${world.path(resource)}${query}`, options);
    await world.until("all gone", async () => {
      return (await world.list(resource, query)).length + (await world.list("pods")).length === 0;
    });
  };

const images = (object: JsonObject): unknown =>
  at(object, "spec", "template", "spec", "containers", 0, "image");

const sets: Behaviours = {
  "apps Deployment working scale subresource": scales("deployments"),
  "apps ReplicaSet scale subresource": scales("replicasets"),
  "apps StatefulSet scale subresource": scales("statefulsets"),
  "apps RC get and update scale": scales("replicationcontrollers"),
  "apps Deployment Status endpoints": shownStatus("deployments"),
  "apps ReplicaSet Status endpoints": shownStatus("replicasets"),
  "apps StatefulSet Status endpoints": shownStatus("statefulsets"),
  "apps DaemonSet verify changes to status": shownStatus("daemonsets"),
  "apps DaemonSet list and delete collection": deletedTogether("daemonsets"),
  "apps ReplicaSet list and delete collection": deletedTogether("replicasets"),
  "apps StatefulSet list patch delete collection": deletedTogether("statefulsets"),

  "apps ReplicaSet Replace and Patch": async (world) => {
    await world.create("replicasets", workload("replicasets", "web", { replicas: 1 }));
    const replaced = await world.update("replicasets", "web", (object) => ({
      ...object,
      spec: { ...Object(object["spec"]), replicas: 2 },
    }));
    assert.equal(at(replaced, "spec", "replicas"), 2);
    const containers = [{ name: "main", image: "localhost/none:2" }];
    const change = {
      metadata: { labels: { patched: "yes" } },
      spec: { replicas: 3, template: { spec: { containers } } },
    };
    const patched = await world.patch("replicasets", "web", change, "strategic");
    assert.deepEqual([at(patched, "spec", "replicas"), images(patched)], [3, "localhost/none:2"]);
    await world.untilSeen("replicasets", "web", (object) => countOf(object, "replicas") === 3);
  },
};

function job(name: string, spec: JsonObject = {}): JsonObject {
  return objectOf("jobs", "Job", name, {
    metadata: { labels: { app: name } },
    spec: { template: { spec: { ...unbound, restartPolicy: "Never" } }, ...spec },
  });
}

const ofJob = (name: string): string => `?labelSelector=batch.kubernetes.io%2Fjob-name%3D${name}`;

async function untilPods(world: World, name: string, count: number): Promise<void> {
  await world.until(`${count} pods of job ${name}`, async () => {
    return (await world.list("pods", ofJob(name))).length === count;
  });
}

const jobs: Behaviours = {
  "apps Job apply changes to status": async (world) => {
    await world.create("jobs", job("work", { suspend: true }));
    await playStatus(world, "jobs", "work");
  },

  "apps Job delete": async (world) => {
    await world.create("jobs", job("work", { parallelism: 2, completions: 4 }));
    await untilPods(world, "work", 2);
    await world.ok(`DELETE ${world.path("jobs", "work")}`, { propagationPolicy: "Background" });
    await world.untilGone("jobs", "work");
    await untilPods(world, "work", 0);
  },

  "apps Job lifecycle": async (world) => {
    const watch = await world.watch("jobs");
    await world.create("jobs", job("work", { suspend: true, parallelism: 2, completions: 2 }));
    await watch.see("ADDED", "work");
    const patched = await world.patch(
      "jobs",
      "work",
      { metadata: { labels: { patched: "yes" } } },
      "strategic",
    );
    assert.equal(textAt(patched, "metadata", "labels", "patched"), "yes");
    assert.deepEqual(await world.list("pods", ofJob("work")), [], "it is suspended");
    await world.update("jobs", "work", (object) => {
      const metadata = Object(object["metadata"]);
      const annotations = { ...metadata.annotations, updated: "yes" };
      return {
        ...object,
        metadata: { ...metadata, annotations },
        spec: { ...Object(object["spec"]), suspend: false },
      };
    });
    await untilPods(world, "work", 2);
    assert.deepEqual((await world.list("jobs", "?labelSelector=patched%3Dyes")).map(nameOf), [
      "work",
    ]);
    const options = { kind: "DeleteOptions", propagationPolicy: "Background" };
    await world.ok(`DELETE ${world.path("jobs")}?labelSelector=patched%3Dyes`, options);
    await watch.see("DELETED", "work");
    await untilPods(world, "work", 0);
  },
};

export const workloads: Behaviours = { ...sets, ...jobs };
