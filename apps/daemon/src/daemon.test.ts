import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startDaemon } from "./daemon.ts";
import { createLog } from "./log.ts";
import { at, podNamed, podsPath, until, withStage } from "./stage.test.ts";

const silent = createLog({
  format: "text",
  level: "error",
  write: () => undefined,
  wallMs: () => 0,
});

describe("startDaemon", () => {
  test("serves, runs a pod, drains, and finds the pod again", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      machine.found();
      await machine.plantImage();
      await machine.start();
      assert.equal((await machine.call("GET", "/readyz")).text, "ok");
      const created = await machine.call("POST", podsPath, podNamed("web"));
      assert.equal(created.status, 201, created.text);
      await until("the pod runs", async () => (await machine.phase("web")) === "Running");
      const before = (await machine.call("GET", `${podsPath}/web`)).body;
      await assert.rejects(startDaemon(machine.config, silent), { code: "data-in-use" });
      await machine.stop();
      await machine.start();
      await until("the pod is adopted", async () => (await machine.phase("web")) === "Running");
      const after = (await machine.call("GET", `${podsPath}/web`)).body;
      assert.equal(at(after, "metadata", "uid"), at(before, "metadata", "uid"));
      assert.deepEqual(
        at(after, "status", "containerStatuses"),
        at(before, "status", "containerStatuses"),
        "the same container runs, not restarted",
      );
      await machine.call("DELETE", `${podsPath}/web`);
      await until("the pod is gone", async () => (await machine.phase("web")) === "");
    });
  });

  test("says what is missing, and leaves nothing running", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      await assert.rejects(machine.start(), { code: "mesh-absent", message: /beemesh init/u });
      machine.found();
      await machine.start();
      assert.equal((await machine.call("GET", "/readyz")).status, 200);
    });
  });

  test("tells its status through the Unix socket, and there alone", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      machine.found();
      await machine.start();
      const { status, body } = await machine.callClassic("/v1/status", { isUnix: true });
      assert.equal(status, 200);
      assert.equal(at(body, "machine"), "m1");
      assert.deepEqual(at(body, "health"), { runtime: "", disk: "", clock: "" });
      const members = at(body, "members");
      assert(Array.isArray(members) && members.length === 1, "it is alone");
      assert.equal(at(members[0], "state"), "alive");
      assert((Number(at(body, "memoryBytes")) || 0) > 10_000_000, "it takes memory");
      assert.equal((await machine.callClassic("/v1/status")).status, 403);
    });
  });
});
