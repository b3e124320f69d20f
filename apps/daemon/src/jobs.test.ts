/** The example Job on a real machine, asked for with real kubectl if this computer has it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { kubectls } from "../../../test/kubectls.ts";
import { at, podsPath, type StageMachine, until, withStage } from "./stage.test.ts";

const manifest = join(import.meta.dirname, "../../../examples/my-job.yaml");
const jobsPath = "/apis/batch/v1/namespaces/default/jobs";

const kubectlPath = kubectls.at(-1);

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

  test("with kubectl", { skip: kubectlPath === undefined && "there is no kubectl" }, () =>
    withMachine(async (machine) => {
      const config = join(machine.home.data, "kubeconfig");
      writeFileSync(config, machine.kubeconfig, { mode: 0o600 });
      const kubectl = (...args: readonly string[]): Promise<string> =>
        new Promise((resolve, reject) => {
          const all = ["--kubeconfig", config, "--cache-dir", `${config}.cache`, ...args];
          execFile(kubectlPath ?? "", all, { timeout: 60_000 }, (error, stdout, stderr) => {
            if (error === null) resolve(stdout + stderr);
            else reject(new Error(`kubectl ${args.join(" ")}: ${stderr}`));
          });
        });
      assert.match(await kubectl("apply", "-f", manifest), /^job.batch\/my-job created\n$/u);
      await kubectl("wait", "--for=condition=complete", "job/my-job", "--timeout=50s");
      const table = await kubectl("get", "jobs");
      assert.match(table, /^NAME +STATUS +COMPLETIONS +DURATION +AGE\n/u);
      assert.match(table, /my-job +Complete +3\/3 +\d+s +\d+s/u);
      const described = await kubectl("describe", "job", "my-job");
      assert.match(described, /Pods Statuses: +0 Active.* \/ 3 Succeeded \/ 0 Failed/u);
      assert.match(described, /Completed Indexes: +0-2/u);
      assert.match(described, /Normal +Completed .*Job completed/u);
      assert.match(await kubectl("apply", "-f", manifest), /unchanged/u);
      const logs = await kubectl("logs", "-l", "job-name=my-job", "-c", "work");
      for (const part of [0, 1, 2]) assert.match(logs, new RegExp(`part ${part} is done`, "u"));
      const image = "--image=localhost/beemesh-hello:1";
      await kubectl("create", "job", "bad", image, "--", "sh", "-c", "exit 3");
      await kubectl("patch", "job", "bad", "-p", '{"spec":{"backoffLimit":0}}');
      await kubectl("wait", "--for=condition=failed", "job/bad", "--timeout=50s");
      assert.match(await kubectl("describe", "job", "bad"), /BackoffLimitExceeded/u);
      await kubectl("create", "cronjob", "nightly", image, "--schedule=0 3 * * *", "--", "true");
      assert.match(
        await kubectl("get", "cronjobs"),
        /nightly +0 3 \* \* \* +<none> +False +0 +<none>/u,
      );
      await kubectl("create", "job", "--from=cronjob/nightly", "now");
      await kubectl("wait", "--for=condition=complete", "job/now", "--timeout=50s");
      assert.match(await kubectl("describe", "cronjob", "nightly"), /Concurrency Policy: +Allow/u);
      // What was made of it goes with it.
      await kubectl("delete", "cronjob", "nightly");
      await kubectl("delete", "job", "my-job", "bad", "--wait", "--timeout=50s");
      await until("all is gone", async () =>
        /No resources found/u.test(await kubectl("get", "jobs,pods")),
      );
    }),
  );
});
