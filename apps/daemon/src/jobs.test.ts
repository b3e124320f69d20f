/** The example Job on a real machine. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { at, podsPath, type StageMachine, until, withStage } from "./stage.test.ts";

const manifest = join(import.meta.dirname, "../../../examples/my-job.yaml");
const jobsPath = "/apis/batch/v1/namespaces/default/jobs";

/** One machine that has the example's image. */
async function withMachine(play: (machine: StageMachine) => Promise<void>): Promise<void> {
  await withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.plantImage();
    await machine.start();
    await play(machine);
  });
}

const itemsOf = (list: Json | undefined): readonly Json[] => (Array.isArray(list) ? list : []);

async function jobStatus(machine: StageMachine, name: string): Promise<Json | undefined> {
  return at((await machine.call("GET", `${jobsPath}/${name}`)).body, "status");
}

describe("a Job", () => {
  test("is asked for, runs to its end, keeps its logs over a restart, and takes them along", () =>
    withMachine(async (machine) => {
      const text = readFileSync(manifest, "utf8");
      const { status, warnings } = await machine.call("POST", jobsPath, text, "application/yaml");
      assert.deepEqual([status, warnings], [201, ""]);
      const isComplete = async (): Promise<boolean> =>
        at(await jobStatus(machine, "my-job"), "completionTime") !== undefined;
      await until("the job is complete", isComplete);
      assert.equal(at(await jobStatus(machine, "my-job"), "completedIndexes"), "0-2");
      const { body } = await machine.call("GET", podsPath);
      const names = itemsOf(at(body, "items")).flatMap((pod) => {
        const name = at(pod, "metadata", "name");
        return typeof name === "string" ? [name] : [];
      });
      assert.deepEqual(
        names.map((name) => name.slice(0, 9)).toSorted((a, b) => (a < b ? -1 : 1)),
        ["my-job-0-", "my-job-1-", "my-job-2-"],
      );
      await machine.stop();
      await machine.start();
      for (const name of names) {
        const log = `${podsPath}/${name}/log?container=work`;
        const part = name.slice("my-job-".length, "my-job-0".length);
        assert.equal((await machine.call("GET", log)).text, `part ${part} is done\n`);
      }
      await machine.call("DELETE", `${jobsPath}/my-job`);
      await until("its pods are gone", async () => {
        const left = (await machine.call("GET", podsPath)).body;
        return itemsOf(at(left, "items")).length === 0;
      });
    }));
});
