import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import {
  commandLineOf,
  controlGroupsOf,
  end,
  hasEnvironmentBelow,
  identify,
  identifyChild,
  isAlive,
  processNumbers,
  readProcessId,
  statOf,
  usageOf,
} from "./process-table.ts";

describe("the process table", { skip: !existsSync("/proc/self/stat") && "no /proc" }, () => {
  test("shows this process", () => {
    const stat = statOf(process.pid);
    assert.equal(stat?.parent, process.ppid);
    assert(usageOf(stat.session).memoryBytes > 1_000_000);
    assert(processNumbers().includes(process.pid));
    assert(commandLineOf(process.pid).length > 0);
    assert(controlGroupsOf(process.pid).every((path) => path.startsWith("/")));
  });

  test("tells a process from another that has its number", () => {
    const self = identify(process.pid);
    assert(self !== undefined && isAlive(self));
    assert(!isAlive({ ...self, start: "1@boot" }));
    assert.deepEqual(readProcessId(JSON.stringify(self)), self);
    assert.equal(readProcessId("{"), undefined);
    assert.equal(identify(2 ** 30), undefined);
  });

  test("knows a child that ended before it was looked at", () => {
    const { pid = 0 } = spawn("true");
    while (statOf(pid)?.state !== "Z");
    assert.equal(identify(pid), undefined);
    const id = identifyChild(pid);
    assert(id !== undefined && !isAlive(id));
  });

  test("ends a process, and sees what it was started with", async () => {
    const child = spawn("sleep", ["60"], { env: { ...process.env, BEE_TEST: "/a/b" } });
    const id = identify(child.pid ?? 0);
    assert(id !== undefined);
    while (!commandLineOf(id.pid).startsWith("sleep")) await new Promise(setImmediate);
    assert(hasEnvironmentBelow(id.pid, "BEE_TEST", "/a/b"));
    assert(hasEnvironmentBelow(id.pid, "BEE_TEST", "/a"));
    assert(!hasEnvironmentBelow(id.pid, "BEE_TEST", "/a/b/c"));
    assert(await end(id, "SIGKILL", 5000));
    assert(!isAlive(id));
    assert(await end(id, "SIGKILL", 0), "what has ended is ended");
    assert(!hasEnvironmentBelow(process.pid, "BEE_TEST", "/a"));
  });
});
