import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ContainerPlan } from "@beemesh/ports";
import { type KeptPlan, PodFolder } from "./pod-folder.ts";

const plan: KeptPlan = {
  uid: "u-1",
  namespace: "default",
  name: "web",
  hostname: "web",
  labels: {},
  volumes: [{ name: "data", kind: "empty", inMemory: false }],
  resolver: { nameservers: [], searches: [], options: [] },
  terminationGraceMs: 0,
  ip: "10.0.0.1",
};

const container: ContainerPlan = {
  name: "app",
  image: "localhost/x:1",
  pull: "Never",
  command: [],
  args: [],
  env: [],
  mounts: [{ volume: "data", path: "/data", readOnly: true }],
  ports: [],
  stdin: false,
  tty: false,
};

describe("PodFolder", () => {
  let pods = "";
  let folder: PodFolder;
  beforeEach(() => {
    pods = mkdtempSync(join(tmpdir(), "pods-"));
    folder = new PodFolder(pods, "u-1", false);
  });
  afterEach(() => rmSync(pods, { recursive: true }));

  test("keeps the plan, closed to everybody else", async () => {
    assert.equal(folder.plan(), undefined);
    await folder.make(plan);
    assert.deepEqual(folder.plan(), plan);
    assert.equal(statSync(folder.path).mode & 0o077, 0);
    assert.match(readFileSync(join(folder.path, "hosts"), "utf8"), /10\.0\.0\.1\tweb/u);
  });

  test("does not take half a plan for one", async () => {
    await folder.make(plan);
    writeFileSync(join(folder.path, "plan.json"), '{"uid":"u-1"');
    assert.equal(folder.plan(), undefined);
  });

  test("resolves what a container mounts", async () => {
    await folder.make(plan);
    const source = join(folder.path, "volumes", "data");
    const mount = { volume: "data", source, destination: "/data", readOnly: true };
    assert.deepEqual(await folder.mounts(plan, container), [mount]);
    const other = { ...container, mounts: [{ volume: "no", path: "/x", readOnly: false }] };
    await assert.rejects(folder.mounts(plan, other), { code: "start-failed" });
  });

  test("forgets old logs and only those", async () => {
    await folder.make(plan);
    for (const attempt of [0, 1, 2]) writeFileSync(folder.logPath("app", attempt), "");
    folder.forgetLogs("app", 0);
    assert.deepEqual(
      [0, 1, 2].map((attempt) => existsSync(folder.logPath("app", attempt))),
      [false, true, true],
    );
  });

  test("remembers whether anything will run any more", async () => {
    await folder.make(plan);
    assert(!folder.isRetired);
    folder.setRetired(true);
    assert(folder.isRetired);
    folder.setRetired(false);
    folder.setRetired(false);
    assert(!folder.isRetired);
  });

  test("removes every trace, also twice", async () => {
    await folder.make(plan);
    await folder.remove();
    await folder.remove();
    assert(!existsSync(folder.path));
  });

  for (const uid of ["", "..", "a/b", ".hidden", "x".repeat(65)])
    test(`refuses the uid ${JSON.stringify(uid)}`, () => {
      assert.throws(() => new PodFolder(pods, uid, false), { code: "pod-unknown" });
    });

  test("refuses the name of a container that would lead elsewhere", () => {
    assert.throws(() => folder.logPath("../x", 0), { code: "container-unknown" });
  });
});
