/** What every Runtime must do in the course of a pod's life: from its first container to its end. */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { eventually, patienceMs, type Stage } from "./runtime-stage.ts";

/** How containers are brought to their end. */
export function endsContainers(stage: Stage): void {
  test("asks a container to end, and it may take its time", async () => {
    await stage.withPod(async (uid) => {
      const script = "trap 'sleep 0.2; exit 5' TERM; echo up; while :; do sleep 0.05; done";
      await stage.runtime.startContainer(uid, stage.script(script), 0);
      await eventually(
        () => stage.log(uid, "app"),
        (log) => log === "up\n",
      );
      const exited = stage.exit(uid);
      await stage.runtime.stopContainer(uid, "app", 10_000);
      assert.equal((await exited).exit.exitCode, 5);
      await stage.runtime.stopContainer(uid, "app", 10_000);
    });
  });

  test("kills a container that does not listen", async () => {
    await stage.withPod(async (uid) => {
      const script = "trap '' TERM; echo up; while :; do sleep 0.05; done";
      await stage.runtime.startContainer(uid, stage.script(script), 0);
      await eventually(
        () => stage.log(uid, "app"),
        (log) => log === "up\n",
      );
      const exited = stage.exit(uid);
      await stage.runtime.stopContainer(uid, "app", 300);
      const { exit } = await exited;
      assert.deepEqual([exit.exitCode, exit.signal, exit.outOfMemory], [137, 9, false]);
    });
  });

  test("removes a pod at once if no grace is given", async () => {
    const startedAt = performance.now();
    await stage.withPod(async (uid) => {
      const deaf = stage.script("trap '' TERM; while :; do sleep 0.05; done");
      await stage.runtime.startContainer(uid, deaf, 0);
    });
    assert(performance.now() - startedAt < patienceMs / 2);
  });
}

/** Init containers come before the others, in the same network: each finds what is there. */
export function sharesOneNetwork(stage: Stage): void {
  const probe = { kind: "http", port: 8080, path: "/healthz", tls: false, headers: [] } as const;
  const healthy = (uid: string) =>
    eventually(
      () => stage.runtime.probe(uid, probe, 5000),
      ({ ok }) => ok,
    );

  test("leads to a container that runs before the others, and lets these find it", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.container({ name: "first" }), 0);
      assert((await healthy(uid)).ok);
      const socket = await stage.runtime.connect(uid, 8080);
      assert(socket instanceof Duplex);
      socket.write("GET / HTTP/1.0\r\n\r\n");
      assert.match(await text(socket), new RegExp(`host-${uid.slice(0, 5)}`, "u"));
      // Whichever of these the computer of a driver without images has.
      const url = '"http://${HOST:-127.0.0.1}:8080/"';
      const ways = ["wget -q -O -", "busybox wget -q -O -", "curl -s"];
      const ask = stage.script(ways.map((way) => `${way} ${url} 2>/dev/null`).join(" || "));
      assert.match(await stage.output(uid, ask), new RegExp(`host-${uid.slice(0, 5)}`, "u"));
      const exited = stage.exit(uid, "first");
      await stage.runtime.stopContainer(uid, "first", 0);
      await exited;
      // The kernel takes a moment to take down all of a group of processes.
      const gone = await eventually(
        () => stage.runtime.probe(uid, { kind: "tcp", port: 8080 }, 5000),
        ({ ok }) => !ok,
      );
      assert(!gone.ok);
      await stage.runtime.startContainer(uid, stage.container({ name: "second" }), 0);
      assert((await healthy(uid)).ok);
    });
  });
}

/** A pod of which nothing runs any more. */
/** Checks that a container's limits change while it runs. */
export function resizes(stage: Stage): void {
  test("sets other limits of a container, which runs on", async (context) => {
    await stage.withPod(async (uid) => {
      const { runtime } = stage;
      const limits = { cpuMillicoresMax: 200, memoryBytesMax: 64 * mebibyte };
      const started = await runtime.startContainer(uid, stage.container(limits), 0);
      await runtime.resizeContainer(uid, "app", {
        cpuMillicoresMax: 500,
        memoryBytesMax: 128 * mebibyte,
      });
      const pod = (await runtime.list()).find((each) => each.uid === uid);
      const [found] = pod?.containers ?? [];
      assert.deepEqual([found?.id, found?.state], [started.id, "running"]);
      const none = runtime.resizeContainer(uid, "none", {});
      await assert.rejects(none, { code: "container-unknown" });
      if (runtime.name !== "podman") return context.skip("processes have no limits");
      assert.deepEqual(await limitsIn(stage, uid), ["50000", String(128 * mebibyte)]);
      await runtime.resizeContainer(uid, "app", { memoryBytesMax: 32 * mebibyte });
      assert.deepEqual(await limitsIn(stage, uid), ["50000", String(32 * mebibyte)]);
      const tiny = runtime.resizeContainer(uid, "app", { memoryBytesMax: 4096 });
      await assert.rejects(tiny, { code: "resize-refused" });
      assert.deepEqual(await limitsIn(stage, uid), ["50000", String(32 * mebibyte)]);
    });
  });
}

const mebibyte = 1024 * 1024;

/** Quota of CPU, in microseconds of a tenth of a second, and bytes of memory, as the kernel says. */
async function limitsIn(stage: Stage, uid: string): Promise<readonly string[]> {
  const root = "/sys/fs/cgroup";
  const script = `cat ${root}/cpu.max ${root}/memory.max 2>/dev/null || cat ${root}/cpu/cpu.cfs_quota_us ${root}/memory/memory.limit_in_bytes`;
  const { out } = await stage.exec(uid, ["sh", "-c", script]);
  return out
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
}

/** Checks what is left of a pod that has ended. */
export function retires(stage: Stage): void {
  test("keeps the logs of a pod that has ended, and lets nobody in any more", async () => {
    await stage.withPod(async (uid) => {
      assert.equal(await stage.output(uid, stage.script("echo done; exit 4")), "done\n");
      await stage.runtime.retirePod(uid);
      await stage.runtime.retirePod(uid);
      await assert.rejects(stage.runtime.connect(uid, 8080), { code: "connection-refused" });
      await stage.restart();
      await assert.rejects(stage.runtime.connect(uid, 8080), { code: "connection-refused" });
      assert.equal(await stage.log(uid, "app"), "done\n");
      const found = (await stage.runtime.list()).find((pod) => pod.uid === uid);
      assert.deepEqual(
        found?.containers.map(({ state, exit }) => [state, exit?.exitCode]),
        [["exited", 4]],
      );
    });
    await stage.runtime.retirePod("none");
  });

  test("lets in again if a pod is started all the same", async () => {
    await stage.withPod(async (uid) => {
      await stage.output(uid, stage.script("exit 0"));
      await stage.runtime.retirePod(uid);
      await stage.runtime.startContainer(uid, stage.container(), 1);
      const probe = { kind: "tcp", port: 8080 } as const;
      const reached = await eventually(
        () => stage.runtime.probe(uid, probe, 5000),
        ({ ok }) => ok,
      );
      assert(reached.ok, reached.message);
    });
  });
}

/** What a container says about its end, so that whoever looks later need not read its log. */
export function heedsLastWords(stage: Stage): void {
  const termination = { path: "/dev/termination-log", fallsBackToLogs: false };
  const path = (): string => stage.bench.path(termination.path);

  test("tells what a container has written about its end, also after a restart", async () => {
    await stage.withPod(async (uid) => {
      const script = `echo 'out of honey' >>${path()}; exit 3`;
      const exited = stage.exit(uid);
      await stage.runtime.startContainer(uid, stage.script(script, { termination }), 0);
      assert.equal((await exited).exit.message, "out of honey\n");
      const silent = stage.exit(uid);
      await stage.runtime.startContainer(uid, stage.script("exit 4", { termination }), 1);
      assert.equal((await silent).exit.message, undefined);
      const again = stage.exit(uid);
      await stage.runtime.startContainer(uid, stage.script(script, { termination }), 2);
      await again;
      await stage.restart();
      const found = (await stage.runtime.list()).find((pod) => pod.uid === uid);
      assert.deepEqual(
        found?.containers.map(({ attempt, exit }) => [attempt, exit?.message]),
        [[2, "out of honey\n"]],
      );
    });
  });

  test("takes the end of the log for it only of a container that fails", async () => {
    await stage.withPod(async (uid) => {
      const asked = { termination: { ...termination, fallsBackToLogs: true } };
      const failed = stage.exit(uid, "fails");
      const fails = stage.script("echo in vain; exit 1", { name: "fails", ...asked });
      await stage.runtime.startContainer(uid, fails, 0);
      assert.equal((await failed).exit.message, "in vain\n");
      const done = stage.exit(uid, "works");
      const works = stage.script("echo well done", { name: "works", ...asked });
      await stage.runtime.startContainer(uid, works, 0);
      assert.equal((await done).exit.message, undefined);
    });
  });
}
