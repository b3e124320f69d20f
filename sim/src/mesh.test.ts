import assert from "node:assert/strict";
import { describe, test } from "node:test";
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

  test("says nothing for a machine that is down", () => {
    const mesh = new Mesh(1);
    const id = mesh.grow();
    mesh.world.crash(id);
    assert.equal(mesh.request(id, { method: "GET", path: "api/v1/nodes" }), undefined);
    assert.equal(nameOf(id), "m0");
  });
});
