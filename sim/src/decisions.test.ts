import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Outcome } from "@beemesh/deciding";
import { isJsonObject, type Json } from "@beemesh/wire";
import { idOf, Mesh } from "./mesh.ts";
import type { NodeEffect } from "./node.ts";

const path = "api/v1/namespaces/default/configmaps";

/** A mesh of so many that has settled, what was written in it, and what clients were told. */
function meshOf(machines: number) {
  const told = new Map<string, Outcome>();
  const written: string[] = [];
  const seen: NodeEffect[] = [];
  const mesh = new Mesh(4, {
    watch: (_, effect) => {
      seen.push(effect);
      if (effect.kind === "reply") told.set(effect.id, effect.outcome);
      if (effect.kind === "written") written.push(effect.id);
    },
  });
  for (let index = 0; index < machines; index += 1) mesh.grow();
  mesh.world.run(15_000);
  /** What each client is told; 0 for nothing. */
  const write = (machine: number, body: Json, name = ""): (() => number) => {
    const asked = { method: name === "" ? "POST" : "PUT", path: `${path}${name}`, body } as const;
    let id = "";
    mesh.write(idOf(machine), asked, (given) => {
      id = given;
    });
    return () => {
      const outcome = told.get(id);
      if (outcome?.kind !== "replied" || outcome.reply.kind !== "json") return 0;
      return outcome.reply.status;
    };
  };
  return { mesh, seen, written, write };
}

const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };

describe("Decisions", () => {
  test("all machines are asked to create one name, and one client gets it", () => {
    const { mesh, seen, written, write } = meshOf(5);
    const statuses = Array.from({ length: 5 }, (_, machine) => write(machine, map));
    mesh.world.run(mesh.world.nowMs + 500);
    const codes = statuses.map((status) => status()).toSorted((a, b) => a - b);
    assert.deepEqual(codes, [201, 409, 409, 409, 409]);
    assert.equal(written.length, 1);
    assert(seen.some(({ kind }) => kind === "stream"));
  });

  test("of those who replace what they have read one succeeds, and reads it at once", () => {
    const { mesh, write } = meshOf(3);
    const created = write(0, map);
    mesh.world.run(mesh.world.nowMs + 500);
    assert.equal(created(), 201);
    const read = (machine: number): Json =>
      mesh.request(idOf(machine), { method: "GET", path: `${path}/a` })?.body ?? null;
    const statuses = [0, 1, 2].map((machine) => {
      const body = read(machine);
      assert(isJsonObject(body));
      return write(machine, { ...body, data: { by: `${machine}` } }, "/a");
    });
    mesh.world.run(mesh.world.nowMs + 500);
    const winner = statuses.findIndex((status) => status() === 200);
    assert.deepEqual(
      statuses.map((status) => status()).toSorted((a, b) => a - b),
      [200, 409, 409],
    );
    const body = read(winner);
    assert(isJsonObject(body));
    assert.deepEqual(body["data"], { by: `${winner}` });
  });

  test("a write goes on when its decider has died in silence", () => {
    const { mesh, write } = meshOf(3);
    for (const victim of [0, 1]) {
      mesh.world.crash(idOf(victim), { power: true });
      const status = write(2, { ...map, metadata: { name: `a${victim}` } });
      mesh.world.run(mesh.world.nowMs + 10_000);
      assert.equal(status(), 201);
      mesh.world.restart(idOf(victim));
      mesh.world.run(mesh.world.nowMs + 10_000);
    }
  });

  test("nobody is there to be asked on a machine that is down", () => {
    const { mesh } = meshOf(2);
    mesh.world.crash(idOf(1));
    const asked = { method: "POST", path, body: map } as const;
    assert(!mesh.write(idOf(1), asked, () => assert.fail("it has no name")));
  });
});
