import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { nodeManifest, paths, podManifest } from "./test-object.ts";

const ready = {
  status: {
    conditions: [
      { type: "Ready", status: "True", reason: "MachineReady" },
      { type: "Other", status: "True" },
    ],
  },
};

function clientWithNode(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.nodes}`, nodeManifest("ann"));
  client.send(`PATCH ${paths.nodes}/ann/status`, ready, {
    contentType: "application/merge-patch+json",
  });
  return client;
}

describe("View of nodes", () => {
  test("shows a silent machine as not ready, since when, and what else it said", () => {
    const client = clientWithNode();
    client.dead.add("ann");
    client.pass(60_000);
    client.api.machinesChanged(client.now);
    const { body } = client.send(`GET ${paths.nodes}/ann`);
    assert.deepEqual(listAt(body, "status", "conditions"), [
      {
        type: "Ready",
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Machine does not answer",
        lastTransitionTime: "2026-01-01T00:01:00Z",
      },
      { type: "Other", status: "True" },
    ]);
  });

  test("gives one version to get, list and watch, that writers may name", () => {
    const client = clientWithNode();
    client.send(`POST ${paths.nodes}`, nodeManifest("bob"));
    const watch = client.watch(`${paths.nodes}?watch=true`);
    client.dead.add("ann");
    client.api.machinesChanged(client.now);
    const event = watch.events.at(-1);
    const { body } = client.send(`GET ${paths.nodes}/ann`);
    assert.equal(event?.type, "MODIFIED");
    assert.deepEqual(event?.object, JSON.parse(JSON.stringify(body)));
    assert.equal(textAt(body, "metadata", "resourceVersion"), client.store.revision);
    const again = client.send(`PUT ${paths.nodes}/ann`, JSON.parse(JSON.stringify(body)));
    assert.equal(again.status, 200);
  });

  test("tells a watch that starts later what it has missed, and of recovery", () => {
    const client = clientWithNode();
    const { revision } = client.store;
    client.dead.add("ann");
    client.api.machinesChanged(client.now);
    const watch = client.watch(`${paths.nodes}?watch=true&resourceVersion=${revision}`);
    assert.equal(textAt(watch.events[0]?.object, "status", "conditions", 0, "status"), "Unknown");
    client.dead.clear();
    client.api.machinesChanged(client.now);
    client.api.machinesChanged(client.now);
    assert.equal(watch.events.length, 2);
    assert.equal(textAt(watch.events[1]?.object, "status", "conditions", 0, "status"), "True");
  });
});

describe("View of others", () => {
  test("gives what nobody has reported on the status that Kubernetes starts with", () => {
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const { body } = client.send(`GET ${paths.pods}/web`);
    assert.equal(textAt(body, "status", "phase"), "Pending");
    const found = client.send(`GET ${paths.pods}?fieldSelector=status.phase%3DPending`);
    assert.equal(listAt(found.body, "items").length, 1);
    assert.equal(fieldAt(found.body, "items", 0, "status", "phase"), "Pending");
    const volumes = "/api/v1/persistentvolumes";
    const spec = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] };
    const volume = { metadata: { name: "disk" }, spec: { ...spec, hostPath: { path: "/tmp" } } };
    const made = client.send(`POST ${volumes}`, volume);
    assert.equal(textAt(made.body, "status", "phase"), "Pending");
  });
});
