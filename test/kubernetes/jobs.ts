/** Jobs whose pods run: what ends well, what fails, and what that means for the whole. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { listAt, nameOf, textAt } from "./client.ts";
import { configMap, objectOf } from "./manifest.ts";
import { container, ending, podMsMax, untilPod } from "./pod-run.ts";
import { conditionOf, countOf, type World } from "./world.ts";

/** Waits for ever, and has failed when it is told to end. */
const lingers = "trap 'exit 1' TERM; while :; do sleep 0.2; done";

/** A Job whose pods run a script. */
function job(name: string, script: string, spec: JsonObject = {}): JsonObject {
  const template = { spec: ending(container(script)) };
  return objectOf("jobs", "Job", name, { spec: { template, ...spec } });
}

/** A Job of so many indexes that run side by side. */
function indexed(script: string, completions: number, spec: JsonObject = {}): JsonObject {
  return job("work", script, {
    completionMode: "Indexed",
    completions,
    parallelism: completions,
    ...spec,
  });
}

/** Waits until a Job has told its end, and gives it. */
async function untilOver(
  world: World,
  name: string,
  type: "Complete" | "Failed",
): Promise<JsonObject> {
  let last: JsonObject = {};
  await world.until(
    () => `job ${name} ${type}: ${JSON.stringify(last["status"])}`,
    async () => {
      last = await world.get("jobs", name);
      return conditionOf(last, type) === "True";
    },
    podMsMax,
  );
  return last;
}

/** What the conditions of a Job say, and why. */
function toldOf(found: JsonObject): readonly string[] {
  return listAt(found, "status", "conditions").map(
    (each) => `${textAt(each, "type")} ${textAt(each, "reason")}`,
  );
}

/** Which indexes have succeeded, and which have failed. */
function indexesOf(found: JsonObject): readonly string[] {
  return ["completedIndexes", "failedIndexes"].map((member) => textAt(found, "status", member));
}

function onExit(action: string, ...values: readonly number[]): JsonObject {
  return { action, onExitCodes: { operator: "In", values: [...values] } };
}

const ends: Behaviours = {
  "apps Job run to completion when tasks locally restarted": async (world) => {
    // Fails once in a place that outlives its container.
    const template = {
      spec: {
        ...ending(
          container("test -e /keep/x && exit 0; touch /keep/x; exit 1", {
            volumeMounts: [{ name: "keep", mountPath: "/keep" }],
          }),
        ),
        restartPolicy: "OnFailure",
        volumes: [{ name: "keep", emptyDir: {} }],
      },
    };
    await world.create(
      "jobs",
      objectOf("jobs", "Job", "work", { spec: { template, completions: 4, parallelism: 2 } }),
    );
    const done = await untilOver(world, "work", "Complete");
    assert.equal(countOf(done, "succeeded"), 4);
  },
  "apps Job Indexed hostname": async (world) => {
    const spec = { completionMode: "Indexed", completions: 2, parallelism: 2 };
    await world.create("jobs", job("work", "echo $JOB_COMPLETION_INDEX $(hostname)", spec));
    const done = await untilOver(world, "work", "Complete");
    assert.equal(textAt(done, "status", "completedIndexes"), "0,1");
    const pods = await world.list("pods");
    const logs = await Promise.all(
      pods.map(async (each) =>
        (await world.client.send(`GET ${world.path("pods", nameOf(each))}/log`)).text.trim(),
      ),
    );
    assert.deepEqual(logs.toSorted(), ["0 work-0", "1 work-1"]);
  },
};

const owners = (found: JsonObject): readonly string[] =>
  listAt(found, "metadata", "ownerReferences").map((each) => textAt(each, "name"));

const members: Behaviours = {
  "apps Job adopt matching orphans and release": async (world) => {
    await world.create("jobs", job("work", lingers, { parallelism: 2, completions: 2 }));
    const untilActive = (): Promise<JsonObject> =>
      world.untilSeen("jobs", "work", (found) => countOf(found, "active") === 2);
    await untilActive();
    const [first = {}] = await world.list("pods");
    const name = nameOf(first);
    await untilPod(world, name, "runs", (found) => textAt(found, "status", "phase") === "Running");
    await world.update("pods", name, (found) => {
      const { ownerReferences: _, ...metadata } = Object(found["metadata"]);
      return { ...found, metadata };
    });
    await untilPod(world, name, "adopted", (found) => owners(found).join() === "work");
    assert.equal((await world.list("pods")).length, 2, "no other was made in its place");
    const [label, older] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
    const labels = { [label ?? ""]: null, [older ?? ""]: null };
    await world.patch("pods", name, { metadata: { labels } });
    await untilPod(world, name, "let go", (found) => owners(found).length === 0);
    await world.until("another pod", async () => (await world.list("pods")).length === 3);
    assert.equal(countOf(await untilActive(), "failed"), 0);
  },
};

const failures: Behaviours = {
  "apps Job pod failure policy exit code": async (world) => {
    const podFailurePolicy = { rules: [onExit("FailJob", 42)] };
    await world.create("jobs", job("work", "exit 42", { podFailurePolicy }));
    const failed = await untilOver(world, "work", "Failed");
    assert.deepEqual(toldOf(failed), ["FailureTarget PodFailurePolicy", "Failed PodFailurePolicy"]);
    const message = listAt(failed, "status", "conditions").map((each) => textAt(each, "message"));
    assert.match(message[0] ?? "", /^Container main for pod \S+ failed with exit code 42 /u);
    assert.deepEqual([countOf(failed, "failed"), (await world.list("pods")).length], [1, 1]);
  },
  "apps Job pod failure policy ignore DisruptionTarget": async (world) => {
    // Ends well only if somebody has let it go before it began.
    const script = `test "$GO" = yes && exit 0; ${lingers}`;
    const configMapKeyRef = { name: "go", key: "go", optional: true };
    const main = container(script, { env: [{ name: "GO", valueFrom: { configMapKeyRef } }] });
    const rule = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] };
    const spec = {
      template: { spec: { ...ending(main), terminationGracePeriodSeconds: 10 } },
      podFailurePolicy: { rules: [rule] },
      backoffLimit: 0,
    };
    await world.create("jobs", objectOf("jobs", "Job", "work", { spec }));
    await world.until("a pod", async () => (await world.list("pods")).length === 1);
    const [{ metadata } = {}] = await world.list("pods");
    const name = textAt(metadata, "name");
    await untilPod(world, name, "runs", (found) => textAt(found, "status", "phase") === "Running");
    await world.create("configmaps", configMap("go", { go: "yes" }));
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
    await world.ok(`POST ${world.path("pods", name)}/eviction`, eviction);
    const done = await untilOver(world, "work", "Complete");
    assert.deepEqual([countOf(done, "succeeded"), countOf(done, "failed")], [1, 0]);
    const uids = (await world.list("pods")).map((each) => textAt(each, "metadata", "uid"));
    assert.equal(uids.includes(textAt(metadata, "uid")), false, "another pod has done the work");
  },
  "apps Job backoffLimitPerIndex": async (world) => {
    const script = "exit $((JOB_COMPLETION_INDEX % 2))";
    await world.create("jobs", indexed(script, 4, { backoffLimitPerIndex: 1 }));
    const failed = await untilOver(world, "work", "Failed");
    assert.deepEqual(toldOf(failed), ["FailureTarget FailedIndexes", "Failed FailedIndexes"]);
    assert.deepEqual(indexesOf(failed), ["0,2", "1,3"]);
    assert.deepEqual([countOf(failed, "succeeded"), countOf(failed, "failed")], [2, 4]);
  },
  "apps Job FailIndex": async (world) => {
    const script = "exit $((JOB_COMPLETION_INDEX * 42))";
    const spec = {
      backoffLimitPerIndex: 1,
      podFailurePolicy: { rules: [onExit("FailIndex", 42)] },
    };
    await world.create("jobs", indexed(script, 2, spec));
    const failed = await untilOver(world, "work", "Failed");
    assert.deepEqual(toldOf(failed), ["FailureTarget FailedIndexes", "Failed FailedIndexes"]);
    assert.deepEqual(indexesOf(failed), ["0", "1"]);
    assert.deepEqual([countOf(failed, "succeeded"), countOf(failed, "failed")], [1, 1]);
  },
  "apps Job maxFailedIndexes": async (world) => {
    const script = `test $JOB_COMPLETION_INDEX -lt 2 && exit 1; ${lingers}`;
    const limits = { backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    await world.create("jobs", indexed(script, 4, limits));
    const failed = await untilOver(world, "work", "Failed");
    assert.deepEqual(toldOf(failed), [
      "FailureTarget MaxFailedIndexesExceeded",
      "Failed MaxFailedIndexesExceeded",
    ]);
    assert.deepEqual(indexesOf(failed), ["", "0,1"]);
    assert.equal(countOf(failed, "active"), 0);
  },
};

/** The end of a Job of three indexes by a rule on successes: all but the first wait for ever. */
async function succeeding(world: World, script: string, rule: JsonObject): Promise<JsonObject> {
  const successPolicy: Json = { rules: [rule] };
  await world.create("jobs", indexed(script, 3, { successPolicy }));
  const done = await untilOver(world, "work", "Complete");
  assert.deepEqual(toldOf(done), ["SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy"]);
  assert.deepEqual([countOf(done, "active"), countOf(done, "terminating")], [0, 0]);
  return done;
}

const firstEnds = `test $JOB_COMPLETION_INDEX = 0 && exit 0; ${lingers}`;

const successes: Behaviours = {
  "apps Job successPolicy all indexes": async (world) => {
    const done = await succeeding(world, "exit 0", { succeededIndexes: "0-2" });
    assert.deepEqual([indexesOf(done)[0], countOf(done, "succeeded")], ["0-2", 3]);
  },
  "apps Job successPolicy succeededIndexes": async (world) => {
    const done = await succeeding(world, firstEnds, { succeededIndexes: "0" });
    assert.deepEqual([indexesOf(done)[0], countOf(done, "succeeded")], ["0", 1]);
  },
  "apps Job successPolicy succeededCount": async (world) => {
    const done = await succeeding(world, firstEnds, { succeededCount: 1 });
    assert.deepEqual([indexesOf(done)[0], countOf(done, "succeeded")], ["0", 1]);
  },
};

export const jobs: Behaviours = { ...ends, ...members, ...failures, ...successes };
