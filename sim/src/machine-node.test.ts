import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { Mesh } from "./mesh.ts";

test("a machine node keeps on disk what it needs to go on after a power cut", () => {
  const mesh = new Mesh(3);
  const id = mesh.grow();
  const namespaces = findResource("", "namespaces");
  assert(namespaces);
  const before = mesh.world.node(id).objects;
  assert(before.list(namespaces).items.length > 0);
  mesh.world.crash(id, { power: true });
  mesh.world.restart(id);
  const after = mesh.world.node(id).objects;
  assert.equal(after.list(namespaces).items.length, before.list(namespaces).items.length);
  assert(BigInt(after.revision) > BigInt(before.revision));
  assert.equal(mesh.world.boots(id), 2);
});
