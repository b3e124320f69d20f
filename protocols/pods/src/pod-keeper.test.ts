/** How one pod is kept, seen through its machine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PodStatus } from "@beemesh/model";
import { podOf, Stage, startWallMs } from "./stage.ts";

const deleted = { deletionTimestamp: "now", deletionGracePeriodSeconds: 5 };
const web = { name: "web", attempt: 0, id: "id", startedAtMs: startWallMs };
const foundPod = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2" };

describe("a pod of a RuntimeClass", () => {
  test("waits for its class, and is made by the class's handler", () => {
    const stage = new Stage();
    stage.found();
    const told = stage.assign(podOf({ runtimeClassName: "vm" }));
    const message = 'Failed to create pod sandbox: runtimeclass.node.k8s.io "vm" not found';
    const failure = told.find((each) => each.kind === "event");
    assert.deepEqual([failure?.reason, failure?.message], ["FailedCreatePodSandBox", message]);
    const runtimeClass = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", handler: "kata" };
    stage.objects.set("runtimeclasses//vm", { ...runtimeClass, metadata: { name: "vm" } });
    const made = stage.step({
      kind: "dependency",
      resource: "runtimeclasses",
      namespace: "",
      name: "vm",
    });
    const plans = made.flatMap((each) =>
      each.kind === "runtime" && each.command.kind === "createPod" ? [each.command.plan] : [],
    );
    assert.equal(plans[0]?.handler, "kata");
  });
});

describe("a pod that is deleted", () => {
  test("before it was made leaves no trace", () => {
    const volumes = [{ name: "v", secret: { secretName: "none" } }];
    const stage = new Stage();
    stage.found();
    assert.match(JSON.stringify(stage.assign(podOf({ volumes }))), /FailedMount/u);
    const effects = stage.assign(podOf({ volumes }, deleted));
    assert.match(JSON.stringify(effects), /removePod/u);
    const last = stage.report({ kind: "podRemoved", uid: "U" });
    assert.deepEqual(last, [{ kind: "removed", uid: "U", namespace: "default", name: "web-1" }]);
  });

  test("while it is made is removed when it is there", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf());
    assert.doesNotMatch(JSON.stringify(stage.assign(podOf({}, deleted))), /removePod/u);
    assert.match(JSON.stringify(stage.created()), /removePod/u);
  });

  test("before a restart of the daemon is still ended with grace", () => {
    const stage = new Stage();
    stage.assign(podOf({}, deleted));
    const effects = stage.found({ ...foundPod, containers: [{ ...web, state: "running" }] });
    assert.match(JSON.stringify(effects), /"stopContainer".*"graceMs":5000/u);
  });

  test("is removed again until that works", () => {
    const stage = Stage.running(podOf());
    stage.assign(podOf({}, deleted));
    stage.exited(0);
    stage.report({ kind: "podRemoveFailed", uid: "U", message: "busy" });
    assert.match(JSON.stringify(stage.at(1000).tick()), /removePod/u);
  });

  test("ends what comes next also when nobody tells of the end before it", () => {
    const initContainers = [{ name: "beside", image: "i:1", restartPolicy: "Always" as const }];
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ initContainers }));
    stage.created();
    stage.started("beside");
    stage.started("web");
    stage.assign(podOf({ initContainers }, deleted));
    stage.at(100).report({ kind: "containerStopped", uid: "U", container: "web" });
    assert.match(
      JSON.stringify(stage.at(2100).tick()),
      /"stopContainer","uid":"U","container":"beside"/u,
    );
  });

  test("a second time may be in a hurry", () => {
    const stage = Stage.running(podOf());
    stage.assign(podOf({}, deleted));
    const hurried = { ...deleted, deletionGracePeriodSeconds: 0 };
    assert.match(JSON.stringify(stage.at(100).assign(podOf({}, hurried))), /"graceMs":0/u);
  });
});

describe("a pod that had ended before a restart of the daemon", () => {
  const status: PodStatus = {
    phase: "Succeeded",
    containerStatuses: [
      {
        name: "web",
        image: "nginx:1",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 0, reason: "Completed" } },
      },
    ],
  };

  test("is not started again, whether its remains are there or not", () => {
    for (const found of [
      [],
      [{ ...foundPod, containers: [{ ...web, state: "exited" as const }] }],
    ]) {
      const stage = new Stage();
      stage.assign({ ...podOf({ restartPolicy: "OnFailure" }), status });
      assert.doesNotMatch(JSON.stringify(stage.found(...found)), /createPod|startContainer/u);
      assert.equal(stage.statuses.get("U")?.phase, "Succeeded");
    }
  });
});

test("a pod that may not restart has failed after a reboot", () => {
  const before = Stage.running(podOf({ restartPolicy: "Never" })).statuses.get("U");
  assert(before);
  const stage = new Stage();
  stage.assign({ ...podOf({ restartPolicy: "Never" }), status: before });
  stage.found();
  stage.created();
  assert.equal(stage.statuses.get("U")?.phase, "Failed");
});

test("a container that has exited while nobody looked is started again", () => {
  const stage = new Stage();
  stage.assign(podOf());
  const exit = { exitCode: 1, outOfMemory: false, finishedAtMs: startWallMs };
  const effects = stage.found({ ...foundPod, containers: [{ ...web, state: "exited", exit }] });
  assert.match(JSON.stringify(effects), /"startContainer".*"attempt":1/u);
});

describe("a pod whose containers have ended for good", () => {
  const ended = (): Stage => {
    const stage = Stage.running(podOf({ restartPolicy: "Never" }));
    assert.match(JSON.stringify(stage.exited(0)), /retirePod/u);
    return stage;
  };

  test("is retired, once", () => {
    const stage = ended();
    assert.equal(stage.statuses.get("U")?.phase, "Succeeded");
    assert.doesNotMatch(JSON.stringify(stage.at(60_000).tick()), /retirePod/u);
    assert.deepEqual(stage.report({ kind: "podRetired", uid: "U" }), []);
    assert.deepEqual(stage.at(120_000).tick(), []);
  });

  test("is retired again until that works", () => {
    const stage = ended();
    const failed = { kind: "podRetireFailed", uid: "U", message: "busy" } as const;
    assert.match(JSON.stringify(stage.at(100).report(failed)), /"wake","at":1100/u);
    assert.match(JSON.stringify(stage.at(1100).tick()), /retirePod/u);
    stage.report({ kind: "podRetired", uid: "U" });
    assert.deepEqual(stage.at(120_000).tick(), []);
  });

  test("is removed when it is deleted, whether that was answered or not", () => {
    const effects = ended().assign(podOf({ restartPolicy: "Never" }, deleted));
    assert.match(JSON.stringify(effects), /removePod/u);
  });

  test("is retired after a restart of the daemon too", () => {
    const status = ended().statuses.get("U");
    assert(status);
    const stage = new Stage();
    stage.assign({ ...podOf({ restartPolicy: "Never" }), status });
    const effects = stage.found({ ...foundPod, containers: [{ ...web, state: "exited" }] });
    assert.match(JSON.stringify(effects), /retirePod/u);
  });

  test("is not retired while a container may be started again", () => {
    const stage = Stage.running(podOf({ restartPolicy: "OnFailure" }));
    assert.doesNotMatch(JSON.stringify(stage.exited(1)), /retirePod/u);
    stage.at(20_000).started("web", 1);
    assert.match(JSON.stringify(stage.exited(0, { attempt: 1 })), /retirePod/u);
  });
});

test("containers beside the main ones end after them, the last one first", () => {
  const beside = (name: string) => ({ name, image: "busybox:1", restartPolicy: "Always" }) as const;
  const pod = podOf({ initContainers: [beside("one"), beside("two")] });
  const stage = new Stage();
  stage.found();
  stage.assign(pod);
  stage.created();
  for (const name of ["one", "two", "web"]) stage.started(name);
  const stopped = (effects: readonly unknown[]): string[] =>
    [...JSON.stringify(effects).matchAll(/"stopContainer","uid":"U","container":"(\w+)"/gu)].map(
      ([, name = ""]) => name,
    );
  assert.deepEqual(stopped(stage.assign(podOf({ ...pod.spec }, deleted))), ["web"]);
  assert.deepEqual(stopped(stage.exited(0)), ["two"]);
  assert.deepEqual(stopped(stage.exited(0, { container: "two" })), ["one"]);
  assert.match(JSON.stringify(stage.exited(0, { container: "one" })), /removePod/u);
});

test("a pod past its deadline has failed when its containers have ended, and not before", () => {
  const stage = Stage.running(podOf({ activeDeadlineSeconds: 10 }));
  stage.at(10_000).tick();
  assert.equal(stage.statuses.get("U")?.phase, "Running");
  stage.exited(143);
  const { phase, reason } = stage.statuses.get("U") ?? {};
  assert.deepEqual([phase, reason], ["Failed", "DeadlineExceeded"]);
});

test("a deadline that is set while the pod runs counts from its start", () => {
  const stage = Stage.running(podOf());
  stage.at(4000).assign(podOf({ activeDeadlineSeconds: 10 }));
  stage.at(10_000).tick();
  stage.exited(143);
  assert.equal(stage.statuses.get("U")?.reason, "DeadlineExceeded");
});

test("a sandbox that cannot be made is tried again", () => {
  const stage = new Stage();
  stage.found();
  stage.assign(podOf());
  const failed = {
    kind: "podFailed",
    uid: "U",
    code: "runtime-unavailable",
    message: "gone",
  } as const;
  assert.match(JSON.stringify(stage.report(failed)), /FailedCreatePodSandBox/u);
  assert.match(JSON.stringify(stage.at(1000).tick()), /createPod/u);
});

test("an init container that may not restart fails its pod", () => {
  const initContainers = [{ name: "first", image: "busybox:1" }];
  const stage = new Stage();
  stage.found();
  stage.assign(podOf({ initContainers, restartPolicy: "Never" }));
  stage.created();
  stage.started("first");
  stage.exited(1, { container: "first" });
  assert.equal(stage.statuses.get("U")?.phase, "Failed");
});

describe("a pod whose machine does not know yet which Services there are", () => {
  const metadata = { name: "db", namespace: "default" };
  const spec = { clusterIP: "10.96.0.9", ports: [{ port: 80 }] };
  const items = [{ apiVersion: "v1", kind: "Service", metadata, spec }];
  const made = (pod = podOf()): Stage => {
    const stage = new Stage();
    stage.services = { items: [], isWhole: false };
    stage.found();
    stage.assign(pod);
    return stage;
  };

  test("waits for that", () => {
    const stage = made();
    assert.doesNotMatch(JSON.stringify(stage.created()), /startContainer/u);
    stage.services = { items, isWhole: true };
    assert.match(JSON.stringify(stage.at(50).tick()), /startContainer.*DB_SERVICE_HOST/u);
  });

  test("does not wait long: it may be cut off", () => {
    const stage = made();
    stage.created();
    assert.doesNotMatch(JSON.stringify(stage.at(450).tick()), /startContainer/u);
    assert.match(JSON.stringify(stage.at(500).tick()), /startContainer/u);
  });

  test("does not wait at all if it wants to know of none", () => {
    const stage = made(podOf({ enableServiceLinks: false }));
    assert.match(JSON.stringify(stage.created()), /startContainer/u);
  });
});

test("a pod is ready as soon as the condition is told that it waits for", () => {
  const readinessGates = [{ conditionType: "example.com/balanced" }];
  const stage = Stage.running(podOf({ readinessGates }));
  const ready = (): string | undefined =>
    stage.statuses.get("U")?.conditions?.find(({ type }) => type === "Ready")?.status;
  assert.equal(ready(), "False");
  const status = stage.statuses.get("U");
  const told = { type: "example.com/balanced", status: "True" as const };
  const conditions = [...(status?.conditions ?? []), told];
  stage.at(5000).assign({ ...podOf({ readinessGates }), status: { ...status, conditions } });
  assert.equal(ready(), "True");
});
