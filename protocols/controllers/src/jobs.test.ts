/** How a Job runs its pods to their end, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seededRandom } from "@beemesh/base";
import { isJob, jobPlaceOf, jobPodName, type KubeObject, parseTime } from "@beemesh/model";
import { readIndexes } from "./index-set.ts";
import { jobOf, Scene } from "./job-play.test.ts";
import { jobResource, podResource } from "./kinds.ts";
import { withOwners } from "./view.ts";
import { Village } from "./village.ts";

describe("a Job", () => {
  test("runs one pod to its end, and has then succeeded", () => {
    const scene = new Scene();
    assert.deepEqual(scene.places, ["0/0"]);
    const running = { active: 1, ready: 1, terminating: 0, uncountedTerminatedPods: {} };
    const { startTime, ...counts } = scene.status;
    assert.deepEqual(counts, running);
    assert(startTime !== undefined);
    scene.end("Succeeded").pass(2000);
    const { active, succeeded, failed, completionTime } = scene.status;
    assert.deepEqual([active, succeeded, failed], [undefined, 1, undefined]);
    assert(completionTime !== undefined);
    assert.deepEqual(scene.conditions, [
      "SuccessCriteriaMet=True CompletionsReached",
      "Complete=True CompletionsReached",
    ]);
    assert.deepEqual(scene.told("Completed"), ["Completed Job/pi: Job completed"]);
    assert.equal(scene.told("SuccessfulCreate").length, 1);
    assert.equal(scene.pass(600_000).pods.length, 0);
    assert.equal(scene.village.list(podResource).length, 1, "its pod stays, for its log");
  });

  test("runs as many at once as it may, until as many have succeeded as it wants", () => {
    const scene = new Scene({ completions: 5, parallelism: 2 });
    const seen = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      assert(scene.pods.length <= 2);
      for (const place of scene.places) seen.add(place);
      scene.end("Succeeded").pass(2000);
    }
    assert.deepEqual([...seen].toSorted(), ["0/0", "1/0", "2/0", "3/0", "4/0"]);
    assert.equal(scene.status.succeeded, 5);
    assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
  });

  test("without completions has succeeded at once, and with none wanted too", () => {
    assert.match(new Scene({ completions: 0 }).conditions[1] ?? "", /^Complete=True/u);
    assert.equal(new Scene({ parallelism: 0, completions: 1 }).pods.length, 0);
  });

  test("is left alone if somebody else looks after it", () => {
    const scene = new Scene({ managedBy: "example.com/other" });
    assert.deepEqual([scene.pods.length, scene.job.status], [0, undefined]);
  });

  test("takes its pods with it", () => {
    const scene = new Scene({ completions: 3, parallelism: 2 });
    scene.end("Succeeded", 0).pass(1000);
    scene.village.delete(jobResource, "pi");
    scene.pass(5000);
    assert.deepEqual([scene.village.list(podResource).length, scene.pods.length], [0, 0]);
  });

  test("goes itself a while after its end, if it says so", () => {
    const scene = new Scene({ ttlSecondsAfterFinished: 30 }).end("Succeeded").pass(29_000);
    assert.equal(scene.village.list(jobResource).length, 1);
    scene.pass(5000);
    assert.equal(scene.village.list(jobResource).length, 0);
    assert.equal(scene.village.list(podResource).length, 0);
  });
});

describe("an Indexed Job", () => {
  const spec = { completionMode: "Indexed", completions: 3, parallelism: 3 };

  test("has a pod for each index, and tells which have succeeded", () => {
    const scene = new Scene(spec);
    const index = "batch.kubernetes.io/job-completion-index";
    const indexes = scene.pods.map(({ metadata }) => metadata.annotations?.[index]);
    assert.deepEqual(new Set(indexes), new Set(["0", "1", "2"]));
    scene.end("Succeeded", 2).end("Succeeded", 0).pass(1000);
    assert.equal(scene.status.completedIndexes, "0,2");
    scene.end("Succeeded").pass(1000);
    assert.equal(scene.status.completedIndexes, "0-2");
  });

  test("tries an index again that has failed, under the next name", () => {
    const scene = new Scene(spec).end("Failed", 1).pass(9000);
    assert.deepEqual(scene.places, ["0/0", "2/0"]);
    scene.pass(3000);
    assert.deepEqual(scene.places, ["0/0", "1/1", "2/0"]);
    assert.equal(scene.status.failed, 1);
    scene.end("Succeeded").pass(1000);
    assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
    assert.deepEqual([scene.status.succeeded, scene.status.failed], [3, 1]);
  });

  test("can be made larger and smaller", () => {
    const scene = new Scene(spec).change({ completions: 5, parallelism: 5 });
    assert.equal(scene.pods.length, 5);
    scene.change({ completions: 2, parallelism: 2 });
    assert.deepEqual(scene.places, ["0/0", "1/0"]);
    assert.equal(scene.status.failed, undefined, "who is sent away has not failed");
  });
});

describe("a Job whose pods fail", () => {
  test("waits longer and longer with the next one, and has failed after its limit", () => {
    const scene = new Scene({ backoffLimit: 3 });
    const births: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      if (scene.pods.length > 0) {
        births.push(second);
        scene.end("Failed");
      }
      scene.pass(1000);
    }
    const waits = births.slice(1).map((birth, index) => birth - (births[index] ?? 0));
    assert.deepEqual(
      waits.map((wait) => Math.round(wait / 10)),
      [1, 2, 4],
      JSON.stringify(births),
    );
    assert.deepEqual(scene.conditions, [
      "FailureTarget=True BackoffLimitExceeded",
      "Failed=True BackoffLimitExceeded",
    ]);
    assert.equal(scene.status.failed, 4);
    assert.equal(scene.told("BackoffLimitExceeded").length, 1);
  });

  test("ends those that still run when it has failed, and only then says so", () => {
    const scene = new Scene({ completions: 4, parallelism: 3, backoffLimit: 0 });
    scene.end("Failed", 1).pass(100);
    assert.deepEqual(scene.conditions, ["FailureTarget=True BackoffLimitExceeded"]);
    scene.pass(3000);
    assert.equal(scene.pods.length, 0);
    assert.match(scene.conditions[1] ?? "", /^Failed=True/u);
    assert.deepEqual([scene.status.failed, scene.status.active], [1, undefined]);
  });

  test("counts the restarts of containers if they are restarted in place", () => {
    const template = {
      spec: { restartPolicy: "OnFailure", containers: [{ name: "main", image: "perl:5" }] },
    };
    const scene = new Scene({ template, backoffLimit: 2 });
    const [pod] = scene.village.list(podResource);
    const restarted = (restartCount: number): void => {
      const state = { running: { startedAt: "2026-03-01T00:00:00Z" } };
      const container = { name: "main", image: "i", imageID: "", ready: true, restartCount, state };
      assert(pod);
      const status = { phase: "Running", containerStatuses: [container] };
      scene.village.report({ ...pod, status });
      scene.pass(3000);
    };
    restarted(1);
    assert.deepEqual(scene.conditions, []);
    restarted(2);
    assert.match(scene.conditions[1] ?? "", /^Failed=True BackoffLimitExceeded/u);
  });

  test("has failed when it has taken too long", () => {
    const scene = new Scene({ activeDeadlineSeconds: 60 }).pass(55_000);
    assert.deepEqual(scene.conditions, []);
    scene.pass(8000);
    assert.match(scene.conditions[1] ?? "", /^Failed=True DeadlineExceeded/u);
    assert.equal(scene.pods.length, 0);
  });
});

describe("a Job that is suspended", () => {
  test("has no pods, and none of them has failed by that", () => {
    const scene = new Scene({ completions: 2, parallelism: 2 });
    const before = scene.status.startTime;
    scene.end("Succeeded", 0).pass(1000).change({ suspend: true });
    assert.equal(scene.pods.length, 0);
    assert.deepEqual(scene.conditions, ["Suspended=True JobSuspended"]);
    scene.pass(100_000).change({ suspend: false });
    assert.deepEqual(scene.places, ["1/0"]);
    assert.deepEqual(scene.conditions, ["Suspended=False JobResumed"]);
    assert(scene.status.startTime !== before);
    scene.end("Succeeded").pass(1000);
    assert.deepEqual([scene.status.succeeded, scene.status.failed], [2, undefined]);
    assert.deepEqual(scene.told("Resumed").length + scene.told("Suspended").length, 2);
  });

  test("from the beginning has not begun", () => {
    const scene = new Scene({ suspend: true });
    assert.deepEqual([scene.pods.length, scene.status.startTime], [0, undefined]);
    assert.equal(scene.change({ suspend: false }).pods.length, 1);
  });
});

describe("pods of a Job that are lost", () => {
  test("with their machine are replaced under their names, and have not failed", () => {
    const scene = new Scene({ completions: 3, parallelism: 3, backoffLimit: 0 });
    const names = scene.pods.map(({ metadata }) => metadata.name).toSorted();
    scene.village.crash(2);
    scene.pass(3000);
    assert.deepEqual(scene.pods.map(({ metadata }) => metadata.name).toSorted(), names);
    assert.equal(scene.village.log.filter((line) => line.startsWith("Published")).length, 1);
    scene.end("Succeeded").pass(2000);
    assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
    assert.equal(scene.status.failed, undefined);
  });

  test("have done their work if they ended well before", () => {
    const scene = new Scene({ completions: 3, parallelism: 3 });
    const [on2] = scene.village.running().filter(({ machine }) => machine === "m2");
    const slot = on2 && jobPlaceOf(on2.pod)?.slot;
    scene.end("Succeeded", slot).pass(1000);
    scene.village.crash(2);
    scene.pass(3000);
    assert.equal(scene.pods.length, 2);
    assert.equal(scene.end("Succeeded").pass(1000).status.succeeded, 3);
  });

  test("alone are replaced too", () => {
    const scene = new Scene({ backoffLimit: 0 });
    scene.village.vanish(scene.pods[0]?.metadata.uid ?? "");
    scene.pass(3000);
    assert.deepEqual([scene.places, scene.status.failed], [["0/0"], undefined]);
  });
});

describe("pods of a Job that somebody deletes", () => {
  const deletion = (scene: Scene, slot: number): void => {
    const name = jobPodName(scene.job, { slot, attempt: 0 });
    const pod = scene.village.list(podResource).find(({ metadata }) => metadata.name === name);
    assert(pod);
    const metadata = { ...pod.metadata, deletionTimestamp: "2026-03-01T00:00:30Z" };
    scene.village.apply({ ...pod, metadata });
  };

  test("have failed, and the next attempt follows", () => {
    const scene = new Scene();
    deletion(scene, 0);
    scene.pass(60_000);
    assert.deepEqual([scene.places, scene.status.failed], [["0/1"], 1]);
  });

  test("are replaced only when they are gone, if the Job says so", () => {
    const scene = new Scene({ podReplacementPolicy: "Failed" });
    deletion(scene, 0);
    scene.pass(150);
    assert.deepEqual([scene.status.terminating, scene.village.list(podResource).length], [1, 1]);
    scene.pass(3000);
    assert.equal(scene.pods.length, 1);
  });

  test("stay counted if they had succeeded", () => {
    const scene = new Scene({ completions: 2, parallelism: 1 }).end("Succeeded").pass(2000);
    scene.village.delete(podResource, jobPodName(scene.job, { slot: 0, attempt: 0 }));
    scene.pass(3000);
    assert.deepEqual([scene.places, scene.status.succeeded], [["1/0"], 1]);
  });
});

describe("pods of a Job that its selector speaks of", () => {
  const podOf = (scene: Scene, attempt = 0): KubeObject => {
    const name = jobPodName(scene.job, { slot: 0, attempt });
    const pod = scene.village.list(podResource).find(({ metadata }) => metadata.name === name);
    assert(pod);
    return pod;
  };
  const ownersOf = ({ metadata }: KubeObject): readonly unknown[] =>
    (metadata.ownerReferences ?? []).map(({ uid }) => uid);

  test("are taken back when somebody makes them orphans", () => {
    const scene = new Scene();
    const pod = podOf(scene);
    scene.village.apply(withOwners(pod, []));
    scene.pass(1000);
    assert.deepEqual([ownersOf(podOf(scene)), scene.places], [["J"], ["0/0"]]);
    assert.equal(podOf(scene).metadata.uid, pod.metadata.uid);
    scene.end("Succeeded").pass(2000);
    assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
  });

  test("are let go when it does not select them any more, and have not failed", () => {
    const scene = new Scene({ backoffLimit: 0 });
    const pod = podOf(scene);
    scene.village.apply({ ...pod, metadata: { ...pod.metadata, labels: { mine: "yes" } } });
    scene.pass(2000);
    assert.deepEqual(ownersOf(podOf(scene)), []);
    assert.deepEqual(scene.places, ["0/0", "0/1"], "the one that was let go runs on");
    assert.deepEqual([scene.status.active, scene.status.failed], [1, undefined]);
  });

  test("are not taken by a Job that is over", () => {
    const scene = new Scene().end("Succeeded").pass(2000);
    scene.village.apply(withOwners(podOf(scene), []));
    assert.deepEqual(ownersOf(podOf(scene.pass(2000))), []);
  });
});

test("a work queue ends when one has ended well and all have ended", () => {
  const scene = new Scene({ parallelism: 3 });
  assert.deepEqual(scene.places, ["0/0", "1/0", "2/0"]);
  scene.end("Succeeded", 1).pass(20_000);
  assert.deepEqual([scene.places, scene.conditions], [["0/0", "2/0"], []]);
  scene.end("Failed", 0).pass(20_000);
  assert.deepEqual(scene.places, ["2/0"], "no other is started once one has ended well");
  scene.end("Succeeded").pass(2000);
  assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
  assert.equal(scene.status.succeeded, 2);
});

test("a pod that only claims to be a Job's is sent away, and its name is passed over", () => {
  const village = new Village({ machines: 1 });
  const job = jobOf();
  const name = jobPodName(job, { slot: 0, attempt: 0 });
  const labels = job.spec.template.metadata?.labels ?? {};
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "pi", uid: "J", controller: true };
  const spec = { containers: [] };
  const pod = { apiVersion: "v1", kind: "Pod", spec };
  const metadata = { namespace: "default", labels };
  village.apply({ ...pod, metadata: { ...metadata, name, uid: "X" } });
  const ownerReferences = [owner];
  village.apply({ ...pod, metadata: { ...metadata, name: "evil", uid: "Y", ownerReferences } });
  village.apply(job);
  village.pass(3000);
  const names = village.list(podResource).map(({ metadata: { name: each } }) => each);
  const next = jobPodName(job, { slot: 0, attempt: 1 });
  assert.deepEqual(names, [name, next].toSorted());
});

describe("whatever happens", () => {
  function happen(scene: Scene, random: Random): void {
    const { village } = scene;
    const running = village.running();
    const victim = running[random.below(Math.max(1, running.length))]?.pod;
    const uid = victim?.metadata.uid ?? "";
    const events = [
      () => village.finish(uid, "Succeeded"),
      () => village.finish(uid, "Succeeded"),
      () => village.finish(uid, "Failed"),
      () => village.vanish(uid),
      () => village.crash(1 + random.below(2)),
      () => [1, 2].forEach((machine) => village.reboot(machine)),
      () => village.cut(random.below(3)),
      () => village.heal(),
      () => {
        const { parallelism: _, ...spec } = scene.job.spec;
        village.apply({ ...scene.job, spec: { ...spec, parallelism: 1 + random.below(4) } });
      },
      () => {
        const pod = village.list(podResource).find(({ metadata }) => metadata.uid === uid);
        if (pod === undefined) return;
        village.apply({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } });
      },
    ];
    events[random.below(events.length)]?.();
  }

  /** A Job that much has happened to, and of which in the end all pods end well. */
  function lived(seed: number, limits: object = { backoffLimit: 1000 }) {
    const random = seededRandom(seed);
    const isIndexed = "backoffLimitPerIndex" in limits || random.below(2) === 0;
    const completionMode = isIndexed ? "Indexed" : "NonIndexed";
    const completions = 1 + random.below(5);
    const spec = { completionMode, completions, parallelism: 2, ...limits };
    const scene = new Scene(spec, { seed, latencyMsMax: 200 });
    for (let step = 0; step < 12; step += 1) {
      scene.pass(random.below(1500));
      happen(scene, random);
    }
    scene.village.heal();
    for (const machine of [1, 2]) scene.village.reboot(machine);
    for (let round = 0; round < 12; round += 1) scene.pass(400_000).end("Succeeded");
    return { scene: scene.pass(5000), completions };
  }

  test("a Job comes to its end, each slot with a success, for 150 seeds", () => {
    for (let seed = 0; seed < 150; seed += 1) {
      const { scene, completions } = lived(seed);
      for (const machine of [0, 1, 2]) {
        const [job] = scene.village.list(jobResource, machine);
        const why = `seed ${seed}, machine ${machine}: ${JSON.stringify(job?.status)}`;
        assert(job && isJob(job), why);
        const { succeeded, conditions = [], completionTime = "" } = job.status ?? {};
        assert.equal(succeeded, completions, why);
        assert.equal(conditions.at(-1)?.type, "Complete", why);
        assert.notEqual(parseTime(completionTime), undefined, why);
      }
      assert.equal(scene.pods.length, 0, `seed ${seed}`);
    }
  });

  test("each index succeeds or has failed, and all machines say which, for 100 seeds", () => {
    const ends = new Set<string>();
    for (let seed = 0; seed < 100; seed += 1) {
      const { scene, completions } = lived(seed, { backoffLimitPerIndex: 1 });
      const told = [0, 1, 2].map((machine) => {
        const [job] = scene.village.list(jobResource, machine);
        assert(job && isJob(job));
        return job.status ?? {};
      });
      const why = `seed ${seed}: ${JSON.stringify(told)}`;
      const [first = {}] = told;
      const { completedIndexes = "", failedIndexes = "", conditions = [] } = first;
      for (const each of told) assert.deepEqual(each, first, why);
      const [done, given] = [completedIndexes, failedIndexes].map((text) =>
        readIndexes(text, completions),
      );
      assert(done && given, why);
      assert.equal(done.union(given).size, completions, why);
      assert.equal(done.size + given.size, completions, why);
      const end = conditions.at(-1)?.type ?? "";
      assert.equal(end, given.size > 0 ? "Failed" : "Complete", why);
      ends.add(end);
      assert.equal(scene.pods.length, 0, why);
    }
    assert.deepEqual(ends, new Set(["Complete", "Failed"]));
  });
});
