import assert from "node:assert/strict";
import { test } from "node:test";
import { foundPod, lostExitCode, readContainers } from "./known-pod.ts";

function item(container: string, attempt: number, more: object): object {
  const labels = { uid: "u", container, attempt: String(attempt) };
  const named = Object.entries(labels).map(([name, value]) => [`io.beemesh.${name}`, value]);
  return { Id: `${container}${attempt}`, Labels: Object.fromEntries(named), ...more };
}

const read = (...items: object[]) => readContainers(JSON.parse(JSON.stringify(items)));

test("the newest attempt of each container counts", () => {
  const running = { State: "running", StartedAt: 10 };
  const exited = { State: "exited", StartedAt: 5, ExitedAt: 7, ExitCode: 3 };
  for (const items of [
    [item("a", 9, exited), item("a", 10, running), item("b", 0, exited)],
    [item("b", 0, exited), item("a", 10, running), item("a", 9, exited)],
  ]) {
    const containers = read(...items).get("u") ?? [];
    assert.deepEqual(containers.map(({ id }) => id).toSorted(), ["a10", "b0"]);
  }
});

test("a container that ran before a reboot has exited, whatever the engine calls it", () => {
  const [container] = read(item("a", 0, { State: "created", StartedAt: 5 })).get("u") ?? [];
  assert.equal(container?.state, "exited");
  assert.equal(container?.exit?.exitCode, lostExitCode);
  const [fresh] =
    read(item("a", 0, { State: "created", StartedAt: -62_135_596_800 })).get("u") ?? [];
  assert.equal(fresh?.state, "created");
});

test("what is not ours is left out", () => {
  assert.equal(read({ Id: "x", State: "running" }).size, 0);
});

test("foundPod shows what the port promises and no more", () => {
  const containers = new Map(
    (read(item("a", 1, { State: "running", StartedAt: 10 })).get("u") ?? []).map((one) => [
      one.name,
      { ...one, group: undefined },
    ]),
  );
  const pod = { uid: "u", namespace: "default", name: "web", ip: "10.0.0.1", containers };
  assert.deepEqual(foundPod(pod), {
    uid: "u",
    namespace: "default",
    name: "web",
    ip: "10.0.0.1",
    containers: [{ name: "a", attempt: 1, id: "a1", state: "running", startedAtMs: 10_000 }],
  });
});
