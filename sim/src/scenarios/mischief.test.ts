import assert from "node:assert/strict";
import { test } from "node:test";
import { Mesh } from "../mesh.ts";
import { Client } from "./client.ts";
import { Mischief, pick } from "./mischief.ts";

test("mischief does every kind of deed in time, and undoes them in the end", () => {
  const mesh = new Mesh(11);
  for (let index = 0; index < 3; index += 1) mesh.grow();
  const story: string[] = [];
  const mischief = new Mischief(mesh, new Client(mesh), (line) => story.push(line));
  for (let deed = 0; deed < 200; deed += 1) {
    mischief.act();
    mesh.world.run(mesh.world.nowMs + 100);
  }
  assert.equal(mischief.count, 200);
  for (const word of ["crash", "cut", "lose", "stall", "jump", "kill", "create", "forge", "grow"]) {
    assert(
      story.some((line) => line.includes(word)),
      word,
    );
  }
  mischief.end();
  assert.equal(mesh.up().length, mesh.world.ids.length);
  assert.deepEqual(mesh.world.network.cutNames, []);
  assert.deepEqual(mischief.strangers(mesh.see()), []);
  assert.equal(pick([], mesh.world.random), undefined);
});
