import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ContainerPlan } from "@beemesh/ports";
import {
  type LaunchOrder,
  launch,
  readExit,
  readLaunched,
  resolveCommand,
} from "./process-container.ts";

describe("launch", { skip: process.platform !== "linux" && "needs Linux" }, () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "launch-"));
    mkdirSync(join(folder, "rootfs"));
    mkdirSync(join(folder, "home"));
    mkdirSync(join(folder, "volume"));
    writeFileSync(join(folder, "rootfs", "file"), "from the image");
    writeFileSync(join(folder, "volume", "file"), "from the volume");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const orderOf = (plan: Partial<ContainerPlan>): LaunchOrder => ({
    pod: {
      uid: "u",
      namespace: "default",
      name: "web",
      hostname: "web-0",
      labels: {},
      volumes: [],
      resolver: { nameservers: [], searches: [], options: [] },
      terminationGraceMs: 0,
      ip: "127.1.2.3",
    },
    plan: {
      name: "app",
      image: "x",
      pull: "Never",
      command: [],
      args: [],
      env: [{ name: "WHO", value: "bee" }],
      mounts: [],
      ports: [],
      stdin: false,
      tty: false,
      ...plan,
    },
    image: {
      id: "x@1",
      rootfs: join(folder, "rootfs"),
      entrypoint: ["sh", "-c"],
      cmd: ["exit 9"],
      env: { KIND: "image" },
      workingDir: "",
    },
    mounts: [
      { volume: "my-data", source: join(folder, "volume"), destination: "/d", readOnly: false },
    ],
    home: join(folder, "home"),
    logPath: join(folder, "log"),
    lastWordsPath: join(folder, "words"),
    store: folder,
  });

  async function exitOf(plan: Partial<ContainerPlan>): Promise<number> {
    const { child } = await launch(orderOf(plan));
    await once(child, "exit");
    return readExit(join(folder, "home")).exitCode;
  }

  test("runs in the image's files, with volumes and the pod's environment", async () => {
    const script =
      'cat file d/file "$BEEMESH_VOLUME_MY_DATA/file"; echo $WHO $KIND $HOSTNAME $HOST';
    assert.equal(await exitOf({ args: [script] }), 0);
    assert.equal(
      readFileSync(join(folder, "log"), "utf8"),
      "from the imagefrom the volumefrom the volumebee image web-0 127.1.2.3\n",
    );
  });

  test("heeds command and args as Kubernetes does, and writes down how it ended", async () => {
    assert.equal(await exitOf({}), 9);
    assert.equal(await exitOf({ command: ["sh", "-c", "kill -9 $$"] }), 137);
    assert.equal(readLaunched(join(folder, "home"))?.imageId, "x@1");
    assert.equal(readLaunched(folder), undefined);
  });

  test("refuses what it cannot do", async () => {
    const bad = { code: "start-failed" };
    await assert.rejects(launch(orderOf({ command: ["no-such-program"] })), bad);
    assert.throws(() => resolveCommand(["./file"], {}, join(folder, "rootfs")), bad);
  });
});
