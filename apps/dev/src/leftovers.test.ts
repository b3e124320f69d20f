import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isNetworkPossible, openNetwork } from "@beemesh/lab";
import { findLeftovers, removeGroups, startOf, sweep } from "./leftovers.ts";

const none = { network: "none", folders: [], containers: [] };

/** A process that waits, and a note when it has begun: its environment can be read then. */
async function waitingProcess(
  environment: Record<string, string>,
): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, ["-e", "console.log(1);setInterval(()=>{},1000)"], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  return child;
}

describe("findLeftovers", { skip: process.platform !== "linux" && "no /proc" }, () => {
  test("names directory, folders outside of it and processes, which sweep ends", async () => {
    const directory = mkdtempSync(join(tmpdir(), "leftovers-"));
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    const ours = await waitingProcess({ BEEMESH_DEV: directory });
    const pods = await waitingProcess({ BEEMESH_STORE: `${directory}/m1/runtime/process` });
    const person = await waitingProcess({ KUBECONFIG: `${directory}/kubeconfig` });
    try {
      const traces = { ...none, directory, folders: [outside] };
      const found = findLeftovers(traces).map((line) => line.replace(/(process \d+).*/u, "$1"));
      assert.deepEqual(
        new Set(found),
        new Set([
          `process ${ours.pid}`,
          `process ${pods.pid}`,
          `directory: ${directory}`,
          `directory: ${outside}`,
        ]),
      );
      await sweep(directory);
      rmSync(directory, { recursive: true });
      rmSync(outside, { recursive: true });
      assert.deepEqual(findLeftovers(traces), []);
      assert.notEqual(startOf(person.pid ?? 0), "", "what a person runs is left alone");
    } finally {
      for (const child of [ours, pods, person]) child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
      rmSync(outside, { recursive: true, force: true });
    }
  });

  test("names namespaces, mounts and control groups", {
    skip: !isNetworkPossible() && "needs root on Linux and iproute2",
  }, async () => {
    const directory = mkdtempSync(join(tmpdir(), "leftovers-"));
    const id = "ab".repeat(32);
    const groups = [`/sys/fs/cgroup/pids/beemesh-test-${id}`, `/sys/fs/cgroup/beemesh-test-${id}`];
    const group = groups.find((path) => makes(path));
    const network = await openNetwork("devtest", 1);
    try {
      const found = findLeftovers({ directory, network: "devtest", folders: [], containers: [id] });
      assert.ok(found.includes("network namespace: beemesh-devtest-m1"));
      if (group !== undefined) assert.ok(found.includes(`control group: ${group}`));
    } finally {
      await network.close();
      removeGroups([id]);
      assert.ok(group === undefined || !existsSync(group));
      rmSync(directory, { recursive: true });
    }
  });
});

function makes(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}
