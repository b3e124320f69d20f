import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isJsonObject } from "@beemesh/wire";
import { idOf, Mesh, nameOf } from "./mesh.ts";

describe("Mesh", () => {
  test("runs the whole program: machines meet and answer for each other", () => {
    const mesh = new Mesh(1);
    for (let index = 0; index < 3; index += 1) mesh.grow();
    mesh.world.run(3000);
    const reply = mesh.request(idOf(2), { method: "GET", path: "api/v1/nodes" });
    assert.equal(reply?.status, 200);
    assert.equal(mesh.see().machines.length, 3);
    for (const { objects } of mesh.see().machines) assert(objects);
    for (const id of mesh.up()) assert.equal(mesh.world.node(id).machine.members().size, 3);
  });

  test("a machine keeps its Node as users have written it, and rewrites nothing at rest", () => {
    const writes = new Set<string>();
    const mesh = new Mesh(3, {
      watch: (_, effect) => {
        if (effect.kind !== "persist") return;
        for (const { collection, stamp } of effect.entries) writes.add(`${collection} ${stamp}`);
      },
    });
    for (let index = 0; index < 12; index += 1) mesh.grow();
    mesh.world.run(10_000);
    const path = "api/v1/nodes/m7";
    const cordon = { spec: { unschedulable: true } };
    mesh.request(idOf(2), { method: "GET", path: "api/v1/nodes" });
    mesh.world.run(15_000);
    assert.equal(mesh.request(idOf(2), { method: "PATCH", path, body: cordon })?.status, 200);
    mesh.world.run(20_000);
    const before = mesh.request(idOf(2), { method: "GET", path })?.body;
    assert(JSON.stringify(before).includes('"unschedulable":true'));
    assert(JSON.stringify(before).includes('"status":{"'), "the keepers were given its status");
    const known = new Set(writes);
    mesh.world.run(90_000);
    assert.deepEqual([...writes.difference(known)], []);
    assert.deepEqual(mesh.request(idOf(2), { method: "GET", path })?.body, before);
  });

  test("says nothing for a machine that is down", () => {
    const mesh = new Mesh(1);
    const id = mesh.grow();
    mesh.world.crash(id);
    assert.equal(mesh.request(id, { method: "GET", path: "api/v1/nodes" }), undefined);
    assert.equal(nameOf(id), "m0");
  });
});

test("who joins takes no label off the namespaces that every machine makes for itself", () => {
  const mesh = new Mesh(1);
  const path = "api/v1/namespaces/default";
  mesh.grow();
  mesh.grow();
  mesh.world.run(5000);
  const [first = ""] = mesh.up();
  const body = { metadata: { labels: { mine: "1" } } };
  assert.equal(mesh.request(first, { method: "PATCH", path, body })?.status, 200);
  mesh.world.run(mesh.world.nowMs + 1000);
  mesh.grow();
  mesh.world.run(mesh.world.nowMs + 10_000);
  for (const id of mesh.up()) {
    const found = mesh.request(id, { method: "GET", path })?.body;
    const metadata = isJsonObject(found) ? found["metadata"] : undefined;
    const labels = isJsonObject(metadata) ? metadata["labels"] : undefined;
    assert.deepEqual(labels, { "kubernetes.io/metadata.name": "default", mine: "1" }, id);
  }
});
