/** Containers that are added to a pod to look into it, seen through its machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "@beemesh/model";
import type { FoundContainer } from "@beemesh/ports";
import type { PodsEffect } from "./effect.ts";
import { podOf, Stage, startWallMs } from "./stage.ts";

const look = { name: "look", image: "tools:1", targetContainerName: "web" };
const looked = podOf({ ephemeralContainers: [look] });
const web = { name: "web", attempt: 0, id: "id", startedAtMs: startWallMs, state: "running" };

/** The containers that are asked to start, with what they see. */
function starts(effects: readonly PodsEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== "runtime" || effect.command.kind !== "startContainer") return [];
    const { name, target = "" } = effect.command.plan;
    return [`${name} ${target}`.trim()];
  });
}

function found(stage: Stage, containers: readonly object[]): PodsEffect[] {
  const pod = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2" };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
  return stage.found({ ...pod, containers: containers as readonly FoundContainer[] });
}

test("one is started when it is added, and sees the processes of its target", () => {
  const stage = Stage.running(podOf());
  assert.deepEqual(starts(stage.assign(looked)), ["look web"]);
  stage.started("look");
  const { phase, ephemeralContainerStatuses, containerStatuses } = stage.statuses.get("U") ?? {};
  assert.equal(phase, "Running");
  assert.equal(containerStatuses?.length, 1);
  assert(ephemeralContainerStatuses?.[0]?.state.running !== undefined);
  assert.deepEqual(starts(stage.assign(looked)), []);
});

test("one that has ended is not started again, and the pod does not count on it", () => {
  const stage = Stage.running(podOf());
  stage.assign(looked);
  stage.started("look");
  stage.exited(1, { container: "look" });
  assert.deepEqual(starts(stage.at(900_000).tick()), []);
  const { phase, conditions, ephemeralContainerStatuses } = stage.statuses.get("U") ?? {};
  assert.equal(phase, "Running");
  assert.equal(conditions?.find(({ type }) => type === "Ready")?.status, "True");
  assert.equal(ephemeralContainerStatuses?.[0]?.state.terminated?.exitCode, 1);
});

test("one ends with its pod, when the main containers have", () => {
  const stage = Stage.running(podOf({ restartPolicy: "Never" }));
  stage.assign(podOf({ restartPolicy: "Never", ephemeralContainers: [look] }));
  stage.started("look");
  assert.match(JSON.stringify(stage.exited(0)), /"stopContainer","uid":"U","container":"look"/u);
  stage.exited(137, { container: "look" });
  assert.equal(stage.statuses.get("U")?.phase, "Succeeded");
});

test("one may look at a pod whose init containers do not pass", () => {
  const initContainers = [{ name: "first", image: "busybox:1" }];
  const stage = new Stage();
  stage.found();
  stage.assign(podOf({ initContainers }));
  assert.deepEqual(starts(stage.created()), ["first"]);
  stage.started("first");
  const added = podOf({ initContainers, ephemeralContainers: [{ ...look, name: "why" }] });
  assert.deepEqual(starts(stage.assign(added)), ["why web"]);
});

test("after a restart of the daemon one that runs is known, and one that is gone is over", () => {
  const stage = Stage.running(podOf());
  stage.assign(looked);
  stage.started("look");
  const status = stage.statuses.get("U");
  assert(status !== undefined);
  const known: Pod = { ...looked, status };
  const again = new Stage();
  again.assign(known);
  assert.deepEqual(starts(found(again, [web, { ...web, name: "look", id: "other" }])), []);
  again.exited(7, { container: "look" });
  const [ended] = again.statuses.get("U")?.ephemeralContainerStatuses ?? [];
  assert.equal(ended?.state.terminated?.exitCode, 7);

  const later = new Stage();
  later.assign(known);
  assert.deepEqual(starts(found(later, [web])), []);
  const [lost] = later.statuses.get("U")?.ephemeralContainerStatuses ?? [];
  assert.equal(lost?.state.terminated?.reason, "ContainerStatusUnknown");
  assert.equal(later.statuses.get("U")?.phase, "Running");
});
