/** Verbs about work that ends. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "./case.ts";
import { image } from "./scene.ts";

const example = readFileSync(join(import.meta.dirname, "../../examples/my-job.yaml"), "utf8");

export const jobCases: readonly Case[] = [
  {
    verb: "apply, wait, logs, describe (Job)",
    async play(scene) {
      const input = { input: example };
      await scene.prints("apply -f -", /^job.batch\/my-job created$/mu, input);
      await scene.ok("wait --for=condition=complete job/my-job --timeout=50s");
      const finished = { status: { succeeded: 3, completedIndexes: "0-2" } };
      await scene.sees("jobs.batch/my-job", finished);
      const table = await scene.ok("get jobs my-job");
      assert.match(
        table,
        /^NAME +STATUS +COMPLETIONS +DURATION +AGE\nmy-job +Complete +3\/3 +\d+s/u,
      );
      const described = await scene.ok("describe job my-job");
      assert.match(described, /Pods Statuses: +0 (?:Active|Running).* \/ 3 Succeeded \/ 0 Failed/u);
      assert.match(described, /Normal +Completed .*Job completed/u);
      await scene.prints("apply -f -", /unchanged/u, input);
      const logs = await scene.ok("logs -l job-name=my-job -c work");
      for (const part of [0, 1, 2]) assert(logs.includes(`part ${part} is done`), logs);
      await scene.ok("delete job my-job");
      await scene.seesCount("pods?labelSelector=job-name=my-job", 0);
    },
  },
  {
    verb: "create job",
    async play(scene) {
      const made = "create job made --image";
      await scene.ok([...made.split(" "), image, "--", "sh", "-c", "exit 3"]);
      const patch = JSON.stringify({ spec: { backoffLimit: 0 } });
      await scene.ok(`patch job made -p ${patch}`);
      await scene.ok("wait --for=condition=failed job/made --timeout=50s");
      await scene.prints("describe job made", /BackoffLimitExceeded/u);
      await scene.sees("jobs.batch/made", {
        spec: { template: { spec: { containers: [{ command: ["sh", "-c", "exit 3"] }] } } },
        status: { failed: 1 },
      });
      await scene.ok("delete job made");
    },
  },
  {
    verb: "create job --from=cronjob",
    async play(scene) {
      const made = ["create", "cronjob", "daily", `--image=${image}`, "--schedule=0 3 * * *"];
      await scene.ok([...made, "--", "true"]);
      await scene.prints("get cronjobs daily", /daily +0 3 \* \* \*.* False +0 +<none>/u);
      await scene.prints("describe cronjob daily", /Concurrency Policy: +Allow/u);
      // Older ones do not know the version that they would choose themselves.
      const noun = scene.client.minor < 21 ? "cronjobs.v1beta1.batch" : "cronjob";
      await scene.ok(`create job --from=${noun}/daily today`);
      await scene.sees("jobs.batch/today", {
        metadata: {
          annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
          ownerReferences: [{ kind: "CronJob", name: "daily" }],
        },
        status: { succeeded: 1 },
      });
      // What was made of it goes with it.
      await scene.ok("delete cronjob daily");
      await scene.seesNo("jobs.batch/today");
    },
  },
];
