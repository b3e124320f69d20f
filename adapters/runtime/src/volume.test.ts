import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { VolumePlan } from "@beemesh/ports";
import { mountsUnder, unmountUnder } from "./mounts.ts";
import { prepareVolume, replaceFiles } from "./volume.ts";

const cannotMount =
  (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

const isRoot = process.getuid?.() === 0;

describe("prepareVolume", () => {
  let folder = "";
  let home = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "volume-"));
    home = join(folder, "data");
  });
  afterEach(async () => {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  });

  const fileAt = (path: string, mode = 0o644): Extract<VolumePlan, { kind: "files" }> => ({
    name: "data",
    kind: "files",
    files: [{ path, content: Buffer.from("hi").toString("base64"), mode }],
  });

  test("makes an empty folder that any user may write", async () => {
    const plan = { name: "data", kind: "empty", inMemory: false } as const;
    assert.equal(await prepareVolume(plan, home, true), home);
    assert.equal(statSync(home).mode & 0o777, 0o777);
  });

  test("makes a folder in memory, once", { skip: cannotMount }, async () => {
    const plan = { name: "data", kind: "empty", inMemory: true, sizeBytesMax: 65_536 } as const;
    await prepareVolume(plan, home, true);
    await prepareVolume(plan, home, true);
    assert.deepEqual(mountsUnder(home), [home]);
  });

  test("writes files with their modes and leaves nothing beside them", async () => {
    await prepareVolume(fileAt("deep/key", 0o600), home, true);
    await prepareVolume(fileAt("deep/key", 0o600), home, true);
    assert.equal(readFileSync(join(home, "deep/key"), "utf8"), "hi");
    assert.equal(statSync(join(home, "deep/key")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["data"]);
  });

  test("writes files anew in the folder that is mounted", async () => {
    await prepareVolume(fileAt("deep/key"), home, true);
    const { ino } = statSync(home);
    const file = { path: "deep/key", content: "bmV3", mode: 0o640 };
    replaceFiles([file], home, undefined);
    assert.equal(readFileSync(join(home, "deep/key"), "utf8"), "new");
    assert.equal(statSync(join(home, "deep/key")).mode & 0o777, 0o640);
    assert.equal(statSync(home).ino, ino);
    assert.deepEqual(readdirSync(join(home, "deep")), ["key"]);
    replaceFiles([{ ...file, path: "other" }], home, undefined);
    assert.deepEqual(readdirSync(join(home, "deep")), [], "what is not among them goes");
    const outside = [{ ...file, path: "../x" }];
    assert.throws(() => replaceFiles(outside, home, undefined), { code: "start-failed" });
  });

  test("gives all of a volume to a group", { skip: !isRoot && "needs root" }, async () => {
    const group = 4567;
    const shown = (path: string): string => {
      const { gid, mode } = statSync(join(home, path));
      return `${gid} ${(mode & 0o7777).toString(8)}`;
    };
    await prepareVolume({ ...fileAt("deep/key", 0o400), group }, home, true);
    const modes = ["4567 2755", "4567 2755", "4567 440"];
    assert.deepEqual(["", "deep", "deep/key"].map(shown), modes);
    replaceFiles([{ path: "deep/key", content: "bmV3", mode: 0o600 }], home, group);
    assert.equal(shown("deep/key"), "4567 640");
    rmSync(home, { recursive: true });
    await prepareVolume({ name: "data", kind: "empty", inMemory: false, group }, home, true);
    assert.equal(shown(""), "4567 2777");
  });

  for (const path of ["../x", "/x", "a/../../x"])
    test(`does not write a file at ${path}`, async () => {
      await assert.rejects(prepareVolume(fileAt(path), home, true), { code: "start-failed" });
    });

  test("uses a host path if it is what its type says", async () => {
    const plan = (path: string, type: string): Parameters<typeof prepareVolume>[0] => ({
      name: "data",
      kind: "host",
      path,
      type,
    });
    assert.equal(await prepareVolume(plan(folder, ""), home, true), folder);
    assert.equal(await prepareVolume(plan(folder, "Directory"), home, true), folder);
    await prepareVolume(plan(join(folder, "new"), "DirectoryOrCreate"), home, true);
    await prepareVolume(plan(join(folder, "file"), "FileOrCreate"), home, true);
    const bad = { code: "start-failed" };
    await assert.rejects(prepareVolume(plan(folder, "File"), home, true), bad);
    await assert.rejects(prepareVolume(plan(join(folder, "none"), ""), home, true), bad);
    await assert.rejects(prepareVolume(plan(folder, "NoSuchType"), home, true), bad);
  });
});
