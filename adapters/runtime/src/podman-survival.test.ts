/** What happens to pods when the daemon, the engine, the memory or the power goes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ContainerPlan, PodPlan, Runtime, RuntimeEvent } from "@beemesh/ports";
import { findCommand, run } from "./command.ts";
import { createRuntime } from "./create-runtime.ts";
import { helloImage, makeHelloImage } from "./hello-image.ts";
import type { ImageImporter } from "./image-source.ts";
import { mountsUnder } from "./mounts.ts";
import { commandLineOf, end, identify, processNumbers } from "./process-table.ts";
import { destroyStore, forgetBoot, killStore } from "./store.ts";

const cannotRun =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux"
    : ["podman", "busybox"].some((tool) => findCommand(tool) === undefined) &&
      "needs podman and busybox";

describe("pods of Podman", { skip: cannotRun }, () => {
  let directory = "";
  let runtime: Runtime & ImageImporter;
  const open = () =>
    createRuntime({
      driver: "podman",
      directory,
      sidecarPath: join(import.meta.dirname, "../../../apps/sidecar/src/main.ts"),
    });
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "survival-"));
    runtime = await open();
    await makeHelloImage(runtime);
  });
  after(async () => {
    await runtime.close();
    await destroyStore(directory);
  });

  const pod = (uid: string): PodPlan => ({
    uid,
    namespace: "default",
    name: uid,
    hostname: uid,
    labels: {},
    volumes: [{ name: "memory", kind: "empty", inMemory: true }],
    resolver: { nameservers: [], searches: [], options: [] },
    terminationGraceMs: 0,
  });
  const container = (plan: Partial<ContainerPlan> = {}): ContainerPlan => ({
    name: "app",
    image: helloImage,
    pull: "Never",
    command: [],
    args: [],
    env: [],
    mounts: [{ volume: "memory", path: "/memory", readOnly: false }],
    ports: [],
    stdin: false,
    tty: false,
    ...plan,
  });
  const next = (isWanted: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent> =>
    new Promise((resolve) => {
      const stop = runtime.onEvent((event) => {
        if (!isWanted(event)) return;
        stop();
        resolve(event);
      });
    });
  const serves = async (uid: string): Promise<boolean> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const plan = { kind: "http", port: 8080, path: "/healthz", tls: false, headers: [] } as const;
      if ((await runtime.probe(uid, plan, 5000)).ok) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  };
  const serviceNumber = (): number =>
    processNumbers().find((pid) => {
      const line = commandLineOf(pid);
      return line.includes("system service") && line.includes(directory);
    }) ?? 0;

  test("the kernel's verdict is told when a container uses up its memory", async () => {
    await runtime.createPod(pod("oom"));
    const exited = next((event) => event.kind === "exited" && event.uid === "oom");
    const script = "sleep 0.1; head -c 200000000 /dev/zero | tail | wc";
    const hungry = container({
      command: ["sh", "-c", `${script}; exit 137`],
      memoryBytesMax: 33_554_432,
      cpuMillicoresMax: 900,
    });
    await runtime.startContainer("oom", hungry, 0);
    const event = await exited;
    assert(event.kind === "exited");
    assert.deepEqual([event.exit.exitCode, event.exit.outOfMemory], [137, true]);
    await runtime.removePod("oom", 0);
  });

  test("a service that dies is started again, and pods do not notice", async () => {
    await runtime.createPod(pod("steady"));
    const { id } = await runtime.startContainer("steady", container(), 0);
    const service = identify(serviceNumber());
    assert(service !== undefined);
    const ill = next((event) => event.kind === "health" && !event.ok);
    const well = next((event) => event.kind === "health" && event.ok);
    await end(service, "SIGKILL", 5000);
    await ill;
    await well;
    assert((await runtime.check()).ok);
    const found = (await runtime.list()).find(({ uid }) => uid === "steady");
    assert.deepEqual(
      found?.containers.map((one) => [one.id, one.state]),
      [[id, "running"]],
    );
    assert(await serves("steady"));
    await runtime.removePod("steady", 0);
  });

  test("the sidecar of a pod that has ended goes, and its pod stays", async () => {
    const sidecars = (): number[] =>
      processNumbers().filter((pid) => {
        const line = commandLineOf(pid);
        return line.includes(join(directory, "podman", "sidecars")) && !line.startsWith("nsenter");
      });
    await runtime.createPod(pod("over"));
    const exited = next((event) => event.kind === "exited" && event.uid === "over");
    await runtime.startContainer("over", container({ command: ["true"] }), 0);
    await exited;
    await assert.rejects(runtime.connect("over", 1), { code: "connection-refused" });
    assert.equal(sidecars().length, 1);
    await runtime.retirePod("over");
    assert.deepEqual(sidecars(), []);
    await runtime.close();
    runtime = await open();
    assert.deepEqual(sidecars(), []);
    const found = (await runtime.list()).find(({ uid }) => uid === "over");
    assert.equal(found?.containers[0]?.state, "exited");
    await runtime.removePod("over", 0);
  });

  test("a second driver on the same engine sees only its own pods", async () => {
    await runtime.createPod(pod("mine"));
    const other = await createRuntime({
      driver: "podman",
      directory: join(directory, "other"),
      sidecarPath: join(import.meta.dirname, "../../../apps/sidecar/src/main.ts"),
      machine: "other",
      socket: join(directory, "podman", "podman.sock"),
    });
    try {
      assert.deepEqual(await other.list(), []);
      await other.createPod(pod("theirs"));
      await other.startContainer("theirs", container(), 0);
      assert((await runtime.list()).every(({ uid }) => uid !== "theirs"));
      await other.removePod("theirs", 0);
    } finally {
      await other.close();
    }
    await runtime.removePod("mine", 0);
  });

  test("a daemon that is killed leaves its pods to the next one", async () => {
    await runtime.close();
    const code = `
      import { createRuntime } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
      const [directory, sidecarPath, pod, container] = process.argv.slice(1);
      const runtime = await createRuntime({ driver: "podman", directory, sidecarPath });
      await runtime.createPod(JSON.parse(pod));
      const { id } = await runtime.startContainer("left", JSON.parse(container), 0);
      process.stdout.write(id);`;
    const sidecarPath = join(import.meta.dirname, "../../../apps/sidecar/src/main.ts");
    const plans = [JSON.stringify(pod("left")), JSON.stringify(container())];
    const args = ["--input-type=module", "-e", code, directory, sidecarPath, ...plans];
    const daemon = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    const [id] = await once(daemon.stdout, "data");
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
    runtime = await open();
    const found = (await runtime.list()).find(({ uid }) => uid === "left");
    assert.deepEqual(
      found?.containers.map((one) => [one.id, one.state]),
      [[String(id), "running"]],
    );
    assert(await serves("left"));
    assert.equal(mountsUnder(join(directory, "podman", "pods", "left", "volumes")).length, 1);
    await runtime.removePod("left", 0);
  });

  test("after a power cut the pods are there, ended, and can be started again", async () => {
    await runtime.createPod(pod("cut"));
    await runtime.startContainer("cut", container(), 0);
    const { ip } = await runtime.createPod(pod("cut"));
    await runtime.close();
    await killStore(directory);
    await forgetBoot(directory);
    assert.deepEqual(mountsUnder(directory), []);
    runtime = await open();
    const [found] = await runtime.list();
    assert.deepEqual([found?.uid, found?.ip], ["cut", ip]);
    assert.deepEqual(
      found?.containers.map(({ attempt, state }) => [attempt, state]),
      [[0, "exited"]],
    );
    await runtime.startContainer("cut", container(), 1);
    assert(await serves("cut"));
    const name = await runtime.exec("cut", "app", {
      command: ["hostname"],
      stdin: false,
      tty: false,
    });
    assert.equal(await name.exitCode, 0);
    await runtime.removePod("cut", 0);
    assert(!existsSync(join(directory, "podman", "pods", "cut")));
    assert.equal((await runtime.list()).length, 0);
  });

  test("a container that was killed with its conmon is noticed, if not by Podman", async () => {
    await runtime.createPod(pod("lost"));
    await runtime.startContainer("lost", container(), 0);
    await runtime.close();
    await killStore(directory);
    runtime = await open();
    const { exit } = await next((event) => event.kind === "exited").then((event) => {
      assert(event.kind === "exited" && event.uid === "lost");
      return event;
    });
    assert.equal(exit.exitCode, 137);
    await runtime.startContainer("lost", container(), 1);
    assert(await serves("lost"));
    await runtime.removePod("lost", 0);
  });

  test("a pod that was removed while no daemon ran leaves nothing behind", async () => {
    await runtime.createPod(pod("orphan"));
    await runtime.startContainer("orphan", container(), 0);
    const folder = join(directory, "podman", "pods", "orphan");
    await runtime.close();
    const store = join(directory, "podman");
    const where = ["--root", join(store, "root"), "--runroot", join(store, "run")];
    const what = ["pod", "rm", "--force", "--time", "0", "orphan.default.orphan"];
    const settings = `CONTAINERS_CONF=${join(store, "containers.conf")}`;
    await run("env", [settings, "podman", ...where, ...what]);
    assert(existsSync(folder));
    runtime = await open();
    assert.deepEqual(await runtime.list(), []);
    assert(!existsSync(folder));
  });
});
