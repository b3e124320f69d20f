/** Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod, ResourceRequirements } from "@beemesh/model";
import { allot, amountsOf, recalled } from "./allotment.ts";
import type { PodsEffect } from "./effect.ts";
import { podOf, Stage } from "./stage.ts";

const asking = (cpu: string, uid = "U"): Pod => podWith({ requests: { cpu } }, uid);

function podWith(resources: ResourceRequirements, uid = "U"): Pod {
  const containers = [{ name: "web", image: "nginx:1", resources }];
  return podOf({ containers }, { name: `web-${uid}`, uid });
}

const room = (used: number) => ({
  capacity: { cpu: 4000, memory: 1000 },
  usedByOthers: () => ({ cpu: used, memory: 0 }),
});

describe("allot", () => {
  test("gives what there is room for, and what is less in any case", () => {
    assert.deepEqual(allot(asking("2"), asking("1"), room(2000)), {
      pod: asking("2"),
      pending: undefined,
    });
    assert.equal(allot(asking("1"), asking("2"), room(9000)).pending, undefined);
  });

  test("goes on with what there was if there is no room, or never can be", () => {
    const deferred = allot(asking("2"), asking("1"), room(2001));
    assert.deepEqual(deferred.pod, asking("1"));
    assert.deepEqual(deferred.pending, {
      reason: "Deferred",
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 2001, capacity: 4000",
    });
    const { pending } = allot(podWith({ requests: { memory: "1001" } }), asking("1"), room(0));
    assert.deepEqual(pending, {
      reason: "Infeasible",
      message: "Node didn't have enough capacity: memory, requested: 1001, capacity: 1000",
    });
  });

  test("takes the rest of what a record says either way", () => {
    const wanted = { ...asking("9"), metadata: { name: "web", labels: { a: "b" } } };
    assert.deepEqual(allot(wanted, asking("1"), room(0)).pod.metadata.labels, { a: "b" });
  });

  test("reckons with whole thousandths, init containers and what the pod itself costs", () => {
    const pod = podOf({
      containers: [{ name: "a", image: "i:1", resources: { requests: { cpu: "0.0005" } } }],
      initContainers: [{ name: "b", image: "i:1", resources: { requests: { memory: "1Ki" } } }],
      overhead: { cpu: "10m" },
    });
    assert.deepEqual(amountsOf(pod), { cpu: 11, memory: 1024 });
  });

  test("recalls what a pod had been given before the daemon began anew", () => {
    const status = {
      name: "web",
      image: "nginx:1",
      imageID: "",
      ready: true,
      restartCount: 0,
      state: {},
      allocatedResources: { cpu: "2" },
      resources: { requests: { cpu: "1" }, limits: { cpu: "3" } },
    };
    const pod = { ...asking("9"), status: { containerStatuses: [status] } };
    const [container] = recalled(pod).spec.containers;
    assert.deepEqual(container?.resources, { requests: { cpu: "2" }, limits: { cpu: "3" } });
    assert.deepEqual(recalled(asking("9")).spec.containers[0]?.resources, {
      requests: { cpu: "9" },
    });
  });
});

describe("a pod whose record asks for other resources", () => {
  const pending = (stage: Stage, uid = "U"): readonly (string | undefined)[] => {
    const { conditions = [] } = stage.statuses.get(uid) ?? {};
    const found = conditions.filter(({ type }) => type.startsWith("PodResize"));
    return found.flatMap(({ type, reason }) => [type, reason ?? ""]);
  };
  const sizeOf = (stage: Stage): unknown =>
    stage.statuses.get("U")?.containerStatuses?.[0]?.resources;
  const limited = (cpu: string, memory: string): ResourceRequirements => ({
    requests: { cpu, memory },
    limits: { cpu, memory },
  });
  const asks = (effects: readonly PodsEffect[]): unknown[] =>
    effects.flatMap((effect) =>
      effect.kind === "runtime" && effect.command.kind === "resizeContainer"
        ? [effect.command.limits]
        : [],
    );
  const resized = (stage: Stage, ok: boolean): PodsEffect[] =>
    stage.report({
      kind: "containerResized",
      uid: "U",
      container: "web",
      attempt: 0,
      ok,
      message: ok ? "" : "too little",
    });

  test("gets them while it runs, and says so when it has them", () => {
    const stage = Stage.running(podWith(limited("1", "1Ki")));
    assert.deepEqual(sizeOf(stage), limited("1", "1Ki"));
    const effects = stage.assign(podWith(limited("2", "2Ki")));
    assert.deepEqual(asks(effects), [{ cpuMillicoresMax: 2000, memoryBytesMax: 2048 }]);
    assert.deepEqual(pending(stage), ["PodResizeInProgress", ""]);
    assert.deepEqual(sizeOf(stage), limited("1", "1Ki"), "not yet");
    resized(stage, true);
    assert.deepEqual(pending(stage), []);
    assert.deepEqual(sizeOf(stage), limited("2", "2Ki"));
  });

  test("tells why the kernel refuses them, and tries again", () => {
    const stage = Stage.running(podWith(limited("1", "2Ki")));
    stage.assign(podWith(limited("1", "1Ki")));
    const told = resized(stage, false);
    assert.deepEqual(pending(stage), ["PodResizeInProgress", "Error"]);
    assert(told.some((each) => each.kind === "event" && each.reason === "ResizeError"));
    assert.equal(asks(stage.at(9999).tick()).length, 0);
    assert.equal(asks(stage.at(10_000).tick()).length, 1);
    // Who asks for something else does not wait.
    resized(stage, false);
    assert.equal(asks(stage.assign(podWith(limited("1", "3Ki")))).length, 1);
  });

  test("asks the runtime for nothing if only its requests are others", () => {
    const stage = Stage.running(asking("1"));
    assert.deepEqual(asks(stage.assign(asking("2"))), []);
    assert.deepEqual(pending(stage), []);
    assert.deepEqual(sizeOf(stage), { requests: { cpu: "2" } });
  });

  test("begins anew for them if that is its policy, whatever else is", () => {
    const policy = { resourceName: "cpu", restartPolicy: "RestartContainer" } as const;
    const pod = (cpu: string): Pod => {
      const made = podWith(limited(cpu, "1Ki"));
      const containers = made.spec.containers.map((each) => ({ ...each, resizePolicy: [policy] }));
      return { ...made, spec: { ...made.spec, restartPolicy: "OnFailure", containers } };
    };
    const stage = Stage.running(pod("1"));
    const effects = stage.assign(pod("2"));
    assert.deepEqual(asks(effects), []);
    const message = "Container web resize requires restart";
    assert(effects.some((each) => each.kind === "event" && each.message === message));
    const again = stage.exited(0);
    assert(
      again.some((each) => each.kind === "runtime" && each.command.kind === "startContainer"),
      "it has not ended, though it ended well",
    );
    stage.started("web", 1);
    assert.deepEqual(pending(stage), []);
    assert.deepEqual(sizeOf(stage), limited("2", "1Ki"));
  });

  test("waits for others to leave, and is told once if the machine is too small", () => {
    const stage = Stage.running(asking("1"));
    stage.assign(asking("2500m", "V"));
    const told = stage.assign(asking("2"));
    assert.deepEqual(pending(stage), ["PodResizePending", "Deferred"]);
    assert.equal(told.filter((each) => each.kind === "event").length, 1);
    assert.equal(stage.tick().filter((each) => each.kind === "event").length, 0);
    stage.step({ kind: "unassign", uid: "V", reason: "Deleted" });
    assert.deepEqual(pending(stage), ["PodResizePending", "Deferred"], "it has not ended yet");
    stage.created("V");
    assert.deepEqual(pending(stage), []);
    assert.deepEqual(sizeOf(stage), { requests: { cpu: "2" } });
    stage.assign(asking("5"));
    assert.deepEqual(pending(stage), ["PodResizePending", "Infeasible"]);
    stage.assign(asking("2"));
    assert.deepEqual(pending(stage), []);
  });

  test("takes up a change that was under way when the daemon began anew", () => {
    const before = Stage.running(podWith(limited("1", "1Ki")));
    before.assign(podWith(limited("2", "1Ki")));
    const status = before.statuses.get("U");
    assert(status);
    const stage = new Stage();
    stage.assign({ ...podWith(limited("2", "1Ki")), status });
    const container = { name: "web", attempt: 0, id: "id-web-0", state: "running" } as const;
    const effects = stage.found({
      uid: "U",
      namespace: "default",
      name: "web-U",
      ip: "10.1.0.2",
      containers: [container],
    });
    assert.equal(asks(effects).length, 1);
  });
});
