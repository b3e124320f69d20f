import assert from "node:assert/strict";
import { test } from "node:test";
import { Mesh } from "../mesh.ts";
import { Client } from "./client.ts";

test("a client remembers what was acknowledged, and can tell when it is lost", () => {
  const mesh: Mesh = new Mesh(5, {
    watch: (id, effect) => {
      client.see(id, effect);
    },
  });
  const client = new Client(mesh);
  for (let index = 0; index < 3; index += 1) mesh.grow();
  mesh.world.run(3000);
  const [at = ""] = mesh.up();
  assert(client.create(at, "w1", 1));
  assert.equal(client.promises.acknowledged, 0);
  mesh.world.run(mesh.world.nowMs + 1000);
  assert.equal(client.promises.acknowledged, 1);
  assert.deepEqual(client.names(at), ["w1"]);
  assert.deepEqual(client.promises.violations(mesh.see()), []);
  assert(client.scale(at, "w1", 2) && client.scale(at, "w1", 3));
  mesh.world.run(mesh.world.nowMs + 1000);
  assert.equal(client.promises.acknowledged, 2, "one of two who replace the same");
  assert.equal(client.preconditions.count, 1);
  assert(client.rollOut(at, "w1"));
  mesh.world.run(mesh.world.nowMs + 1000);
  assert(client.remove(at, "w1"));
  mesh.world.run(mesh.world.nowMs + 1000);
  assert.equal(client.promises.acknowledged, 4);
  assert(!client.scale(at, "w1", 2), "it is not there any more");
  assert.deepEqual(client.promises.violations(mesh.see()), []);
});
