import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@beemesh/base";
import {
  conformsToDisk,
  contentsOf,
  entryNamed,
  MemoryDisk,
} from "../../../test/conformance/disk.ts";
import { openDisk } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "beemesh-store-"));
const writer = fileURLToPath(import.meta.resolve("./testdata/endless-writer.ts"));
let directories = 0;

after(() => {
  rmSync(root, { recursive: true, force: true });
});

function newDirectory(): string {
  directories += 1;
  return join(root, `data-${directories}`);
}

/** A process that saves `n-0`, `n-1`, … and prints each number once the save has returned. */
function startWriter(directory: string, first: number): ChildProcess {
  return spawn(process.execPath, [writer, directory, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Waits for the process to end, and gives what it printed. */
async function outputOf(child: ChildProcess, stop: (lines: number) => boolean): Promise<string[]> {
  let text = "";
  child.stdout?.setEncoding("utf8");
  child.stdout?.on("data", (chunk: string) => {
    text += chunk;
    if (stop(text.split("\n").length - 1)) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return text.split("\n").slice(0, -1);
}

let lastDirectory = "";
conformsToDisk("SQLite", {
  make: () => {
    lastDirectory = newDirectory();
    return openDisk(lastDirectory);
  },
  reopen: () => openDisk(lastDirectory),
});

conformsToDisk("memory", { make: () => new MemoryDisk(), reopen: (closed) => closed });

describe("openDisk", () => {
  test("makes a directory that only its owner can read, and says its format", () => {
    const directory = join(newDirectory(), "nested");
    openDisk(directory).close();
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(directory, "format"), "utf8"), "1\n");
  });

  test("refuses a directory that is in use, also by this process, and names who uses it", () => {
    const directory = newDirectory();
    const disk = openDisk(directory);
    const refusal = {
      name: "BeeError",
      code: "data-in-use",
      facts: { directory, pid: process.pid },
    };
    assert.throws(() => openDisk(directory), refusal);
    disk.save([entryNamed("still-works")]);
    disk.close();
    openDisk(directory).close();
  });

  test("refuses a directory that another process uses, until that is killed", async () => {
    const directory = newDirectory();
    const child = startWriter(directory, 0);
    let isChecked = false;
    await outputOf(child, (lines) => {
      if (lines === 0 || isChecked) return isChecked;
      isChecked = true;
      const facts = { directory, pid: child.pid };
      assert.throws(() => openDisk(directory), { code: "data-in-use", facts });
      return true;
    });
    assert(isChecked);
    openDisk(directory).close();
  });

  test("leaves what a newer version wrote as it is", () => {
    const directory = newDirectory();
    openDisk(directory).close();
    writeFileSync(join(directory, "format"), "99\n");
    assert.throws(() => openDisk(directory), { name: "BeeError", code: "data-too-new" });
    assert.equal(readFileSync(join(directory, "format"), "utf8"), "99\n");
  });

  test("says so when the directory cannot be made", () => {
    const file = `${newDirectory()}-file`;
    writeFileSync(file, "");
    assert.throws(() => openDisk(join(file, "data")), { name: "BeeError", code: "disk-failed" });
  });

  test("says so when the database is damaged, and does not touch it", () => {
    const directory = newDirectory();
    openDisk(directory).close();
    const database = join(directory, "registry.db");
    writeFileSync(database, "no database at all".repeat(1000));
    assert.throws(() => openDisk(directory), { name: "BeeError", code: "disk-failed" });
    assert(readFileSync(database, "utf8").startsWith("no database"));
  });
});

describe("a crash", () => {
  test("loses no acknowledged save: killed 20 times at random moments", async () => {
    const directory = newDirectory();
    const random = seededRandom(11);
    let next = 0;
    for (let kill = 0; kill < 20; kill += 1) {
      const killAfter = 1 + random.below(60);
      const lines = await outputOf(startWriter(directory, next), (count) => count >= killAfter);
      const acknowledged = Number(lines.at(-1));
      assert(lines.length >= killAfter, "the writer was at work");
      const disk = openDisk(directory);
      const contents = contentsOf(disk);
      for (let number = 0; number <= acknowledged; number += 1) {
        const found = contents.get(`pods/default\nn-${number}\nspec`);
        assert.equal(found?.body, `body of ${number}`, `save ${number}, kill ${kill}`);
        const twin = contents.get(`pods/default\ntwin-${number}\nspec`);
        assert(twin !== undefined, "a save is whole");
      }
      assert.equal(contents.size % 2, 0, "a save is whole or not at all");
      assert(Number(disk.get("last")) >= acknowledged - 1);
      disk.close();
      next = contents.size / 2;
    }
    assert(next > 100);
  });

  test("leaves a log whose torn or foreign tail is ignored", async () => {
    const directory = newDirectory();
    const lines = await outputOf(startWriter(directory, 0), (count) => count >= 50);
    const log = join(directory, "registry.db-wal");
    assert(existsSync(log), "a killed process leaves its log");
    appendFileSync(log, Buffer.alloc(10_000, 0xa5));
    let disk = openDisk(directory);
    assert(contentsOf(disk).size >= 2 * lines.length, "garbage after the log changes nothing");
    disk.close();

    const torn = newDirectory();
    const other = await outputOf(startWriter(torn, 0), (count) => count >= 50);
    const tornLog = join(torn, "registry.db-wal");
    truncateSync(tornLog, statSync(tornLog).size - 3000);
    disk = openDisk(torn);
    const size = contentsOf(disk).size;
    assert.equal(size % 2, 0, "what is left is whole saves");
    assert(size >= 2 * (other.length - 3), "only the end is gone");
    disk.save([entryNamed("after")]);
    disk.close();
  });
});

/** A file system of two megabytes, if this machine lets us make one. */
function smallFileSystem(): { path: string; unmount: () => void } | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(root, "small-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", path]);
  if (mounted.status !== 0) return undefined;
  return { path, unmount: () => spawnSync("umount", [path]) };
}

describe("a full disk", () => {
  const small = smallFileSystem();
  const skip = small === undefined ? "mounting a small file system needs root on Linux" : false;
  after(() => small?.unmount());

  test("is an error with a code, and everything works again once there is room", { skip }, () => {
    assert(small !== undefined);
    const ballast = join(small.path, "ballast");
    const disk = openDisk(join(small.path, "data"));
    disk.save([entryNamed("before")]);
    writeFileSync(ballast, Buffer.alloc(1_000_000));
    const large = "x".repeat(200_000);
    const full = { name: "BeeError", code: "disk-full" };
    let saved = 0;
    assert.throws(() => {
      for (; saved < 100; saved += 1) {
        disk.save([entryNamed(`large-${saved}`, large), entryNamed(`twin-${saved}`)]);
      }
    }, full);
    assert.throws(() => disk.save([entryNamed("another", large.repeat(5))]), full);
    assert.equal(contentsOf(disk).size, 1 + 2 * saved, "what failed left nothing behind");
    rmSync(ballast);
    disk.save([entryNamed("after", large)]);
    disk.close();
    const again = openDisk(join(small.path, "data"));
    assert.equal(contentsOf(again).size, 2 + 2 * saved);
    again.close();
  });

  test("is said when there is no room to begin with", { skip }, () => {
    assert(small !== undefined);
    const ballast = join(small.path, "ballast");
    try {
      writeFileSync(ballast, Buffer.alloc(3_000_000));
    } catch {
      // It is as large as the file system let it be, which is what we want.
    }
    assert.throws(() => openDisk(join(small.path, "other")), { code: "disk-full" });
    rmSync(ballast);
  });
});
