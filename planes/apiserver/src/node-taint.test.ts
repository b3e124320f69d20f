import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { nodeManifest, paths } from "./test-object.ts";

function clientWithNode(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.nodes}`, nodeManifest("ann"));
  return client;
}

function patch(client: TestClient, spec: object): void {
  const contentType = "application/merge-patch+json";
  const body = JSON.parse(JSON.stringify({ spec }));
  assert.equal(client.send(`PATCH ${paths.nodes}/ann`, body, { contentType }).status, 200);
}

function shown(client: TestClient): readonly string[] {
  const { body } = client.send(`GET ${paths.nodes}/ann`);
  return listAt(body, "spec", "taints").map((taint) => {
    return [textAt(taint, "key"), textAt(taint, "effect")].join(":");
  });
}

function stored(client: TestClient): unknown {
  const nodes = findResource("", "nodes");
  assert(nodes);
  return fieldAt(client.store.get(nodes, "", "ann"), "spec", "taints");
}

describe("the taints of a node", () => {
  test("tell that it is cordoned, and that its machine is silent", () => {
    const client = clientWithNode();
    assert.deepEqual(shown(client), []);
    patch(client, { unschedulable: true, taints: [{ key: "gpu", effect: "NoSchedule" }] });
    const cordoned = ["gpu:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"];
    assert.deepEqual(shown(client), cordoned);
    client.dead.add("ann");
    const unreachable = "node.kubernetes.io/unreachable";
    assert.deepEqual(shown(client), [
      ...cordoned,
      `${unreachable}:NoSchedule`,
      `${unreachable}:NoExecute`,
    ]);
  });

  test("tell what is wrong with a machine that answers", () => {
    const client = clientWithNode();
    const conditions = [
      { type: "Ready", status: "False" },
      { type: "DiskPressure", status: "True" },
    ];
    const contentType = "application/merge-patch+json";
    const status = { status: { conditions } };
    client.send(`PATCH ${paths.nodes}/ann/status`, status, { contentType });
    const shownNow = ["not-ready", "disk-pressure"];
    assert.deepEqual(
      shown(client),
      shownNow.map((what) => `node.kubernetes.io/${what}:NoSchedule`),
    );
  });

  test("do not stay because a client sends back what it was shown", () => {
    const client = clientWithNode();
    client.dead.add("ann");
    const { body } = client.send(`GET ${paths.nodes}/ann`);
    const own = { key: "gpu", effect: "NoSchedule" };
    patch(client, { taints: [...listAt(body, "spec", "taints"), own] });
    assert.deepEqual(stored(client), [own]);
    client.dead.delete("ann");
    assert.deepEqual(shown(client), ["gpu:NoSchedule"]);
    patch(client, { taints: null });
    assert.equal(stored(client), undefined);
  });
});
