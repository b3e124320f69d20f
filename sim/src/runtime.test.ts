import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import type { ContainerPlan, PodPlan } from "@beemesh/ports";
import { runtimeDefaults, SimulatedRuntime } from "./runtime.ts";

const plan: PodPlan = {
  uid: "u1",
  namespace: "default",
  name: "web",
  hostname: "web",
  labels: {},
  volumes: [],
  resolver: { nameservers: [], searches: [], options: [] },
  terminationGraceMs: 1000,
};

const container: ContainerPlan = {
  name: "app",
  image: "web:1",
  pull: "IfNotPresent",
  command: [],
  args: [],
  env: [],
  mounts: [],
  ports: [],
  stdin: false,
  tty: false,
};

/** A runtime with one pod whose container runs. */
function running(): SimulatedRuntime {
  const runtime = new SimulatedRuntime(seededRandom(1), runtimeDefaults);
  runtime.perform({ kind: "createPod", uid: "u1", plan }, 1);
  runtime.perform({ kind: "startContainer", uid: "u1", plan: container, attempt: 0 }, 2);
  return runtime;
}

function eventsOf(answers: ReturnType<SimulatedRuntime["perform"]>): string[] {
  return answers.map(({ event }) =>
    event.kind === "report" ? event.report.kind : event.event.kind,
  );
}

describe("SimulatedRuntime", () => {
  test("answers each command, after a while", () => {
    const runtime = new SimulatedRuntime(seededRandom(1), runtimeDefaults);
    const [created] = runtime.perform({ kind: "createPod", uid: "u1", plan }, 1);
    assert(created && created.afterMs >= 60 && created.afterMs <= 120);
    const start = { kind: "startContainer", uid: "u1", plan: container, attempt: 0 } as const;
    assert.deepEqual(eventsOf(runtime.perform(start, 2)), ["containerStarted"]);
    assert(runtime.isRunning("u1"));
    assert.deepEqual(eventsOf(runtime.perform({ ...start, uid: "u2" }, 2)), ["containerFailed"]);
    assert.deepEqual(
      runtime.list().map(({ uid, containers }) => [uid, containers[0]?.state]),
      [["u1", "running"]],
    );
  });

  test("a container that is stopped exits first; one that has ended is only reported", () => {
    const runtime = running();
    const stop = { kind: "stopContainer", uid: "u1", container: "app", graceMs: 0 } as const;
    assert.deepEqual(eventsOf(runtime.perform(stop, 3)), ["exited", "containerStopped"]);
    assert.deepEqual(eventsOf(runtime.perform(stop, 4)), ["containerStopped"]);
    assert(!runtime.isRunning("u1"));
    const removed = runtime.perform({ kind: "removePod", uid: "u1", graceMs: 0 }, 5);
    assert.deepEqual(eventsOf(removed), ["podRemoved"]);
    assert.deepEqual(runtime.list(), []);
  });

  test("probes answer whether the pod runs, hooks always do", () => {
    const runtime = running();
    const question = {
      uid: "u1",
      container: "app",
      attempt: 0,
      plan: { kind: "tcp", port: 80 },
      timeoutMs: 100,
    } as const;
    const probed = (): unknown => {
      const probe = { kind: "probe", probe: "readiness", ...question } as const;
      const [answer] = runtime.perform(probe, 3);
      return answer?.event.kind === "report" && "ok" in answer.event.report
        ? answer.event.report.ok
        : undefined;
    };
    assert.equal(probed(), true);
    runtime.powerOff();
    assert.equal(probed(), false);
    const hook = { kind: "hook", hook: "preStop", ...question } as const;
    assert.deepEqual(eventsOf(runtime.perform(hook, 3)), ["hooked"]);
  });

  test("pods vanish and containers exit behind the daemon's back, once", () => {
    const runtime = running();
    assert.equal(runtime.exit("u1", "app", { exitCode: 1, wallMs: 5 })?.kind, "exited");
    assert.equal(runtime.exit("u1", "app", { exitCode: 1, wallMs: 5 }), undefined);
    assert.equal(runtime.list()[0]?.containers[0]?.state, "exited");
    assert.equal(runtime.kill("u1")?.kind, "vanished");
    assert.equal(runtime.kill("u1"), undefined);
  });
});
