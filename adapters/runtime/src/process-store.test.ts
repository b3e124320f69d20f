import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ContainerPlan, PodPlan } from "@beemesh/ports";
import { createRuntime } from "./create-runtime.ts";
import { helloImage, makeHelloImage } from "./hello-image.ts";
import { processesOfStore, removeProcessPod } from "./process-store.ts";
import { commandLineOf, signal } from "./process-table.ts";
import { destroyStore } from "./store.ts";

const pod: PodPlan = {
  uid: "0000-1",
  namespace: "default",
  name: "web",
  hostname: "web",
  labels: {},
  volumes: [],
  resolver: { nameservers: [], searches: [], options: [] },
  terminationGraceMs: 1000,
};
const container: ContainerPlan = {
  name: "web",
  image: helloImage,
  pull: "Never",
  command: [],
  args: [],
  env: [],
  mounts: [],
  ports: [],
  stdin: false,
  tty: false,
};

test("processesOfStore and removeProcessPod: as from a console", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bee-console-"));
  const runtime = await createRuntime({ driver: "process", directory, sidecarPath: "" });
  try {
    assert.deepEqual(processesOfStore(directory), []);
    await makeHelloImage(runtime);
    await runtime.createPod(pod);
    await runtime.startContainer(pod.uid, container, 0);
    const [found] = processesOfStore(directory);
    assert.equal(found?.uid, pod.uid);
    const exited = new Promise<string>((resolve) => {
      runtime.onEvent(({ kind }) => resolve(kind));
    });
    assert.match(commandLineOf(found?.pid ?? 0), /node/u);
    signal(found?.pid ?? 0, "SIGKILL");
    assert.equal(await exited, "exited");
    assert.deepEqual(processesOfStore(directory), []);

    await runtime.startContainer(pod.uid, container, 1);
    const vanished = new Promise<void>((resolve) => {
      runtime.onEvent(({ kind }) => {
        if (kind === "vanished") resolve();
      });
    });
    await removeProcessPod(directory, pod.uid);
    await vanished;
    assert.deepEqual(processesOfStore(directory), []);
  } finally {
    await runtime.close();
    await destroyStore(directory);
    rmSync(directory, { recursive: true, force: true });
  }
});
