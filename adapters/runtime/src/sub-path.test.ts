import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { unmountUnder } from "./mounts.ts";
import { bindSubPath, resolveSubPath } from "./sub-path.ts";

const cannotMount =
  (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

describe("a sub-path of a volume", () => {
  let folder = "";
  let volume = "";
  let target = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sub-path-"));
    volume = join(folder, "volume");
    target = join(folder, "targets", "0");
    mkdirSync(join(volume, "deep"), { recursive: true });
    writeFileSync(join(volume, "deep", "file"), "inside");
    writeFileSync(join(folder, "secret"), "outside");
    symlinkSync(folder, join(volume, "link"));
    symlinkSync("../../secret", join(volume, "deep", "link"));
  });
  afterEach(async () => {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  });

  for (const subPath of ["..", "deep/../../secret", "/etc", "link/secret", "deep/link", "link"])
    test(`${subPath} does not lead out`, { skip: cannotMount }, async () => {
      const from = { volume, subPath };
      await assert.rejects(bindSubPath(from, target), { code: "start-failed" });
      assert.throws(() => resolveSubPath(from), { code: "start-failed" });
      assert(!existsSync(target));
    });

  test("a file and a folder can be bound, and what is missing is made", {
    skip: cannotMount,
  }, async () => {
    await bindSubPath({ volume, subPath: "deep" }, target);
    assert.equal(readFileSync(join(target, "file"), "utf8"), "inside");
    await bindSubPath({ volume, subPath: "./deep/file" }, `${target}-file`);
    assert.equal(readFileSync(`${target}-file`, "utf8"), "inside");
    await bindSubPath({ volume, subPath: "new/one" }, `${target}-new`);
    writeFileSync(join(`${target}-new`, "file"), "made");
    assert.equal(readFileSync(join(volume, "new", "one", "file"), "utf8"), "made");
  });

  test("a path can be resolved where nothing can be mounted", () => {
    assert.equal(resolveSubPath({ volume, subPath: "deep/file" }), join(volume, "deep", "file"));
    assert(existsSync(resolveSubPath({ volume, subPath: "other" })));
  });
});
