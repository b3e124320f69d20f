import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MachineUsage } from "@beemesh/ports";
import { readUsage, writeUsage } from "./usage-text.ts";

const usage: MachineUsage = {
  machine: "m1",
  wallMs: 1,
  windowMs: 1000,
  cpuNanocores: 0,
  memoryBytes: 5,
  pods: [{ uid: "u", containers: [{ name: "c", cpuNanocores: 7, memoryBytes: 8 }] }],
};

describe("what a machine tells of its usage", () => {
  test("is read as it was written", () => {
    assert.deepEqual(readUsage(writeUsage(usage), "m1"), usage);
  });

  const bad: Readonly<Record<string, unknown>> = {
    "another machine's": { ...usage, machine: "m2" },
    "without a window": { ...usage, windowMs: 0 },
    "of negative amounts": { ...usage, cpuNanocores: -1 },
    "of fractions": { ...usage, memoryBytes: 0.5 },
    "of no list": { ...usage, pods: {} },
    "of a pod without a name": { ...usage, pods: [{ uid: "", containers: [] }] },
    "of too many pods": { ...usage, pods: Array(1025).fill(usage.pods[0]) },
    "of a long name": { ...usage, pods: [{ uid: "u".repeat(254), containers: [] }] },
    nothing: null,
  };
  for (const [what, value] of Object.entries(bad)) {
    test(`is not believed if it is ${what}`, () => {
      assert.equal(readUsage(JSON.stringify(value), "m1"), undefined);
    });
  }

  test("is not even parsed if it is too long, or no JSON", () => {
    const long = `${writeUsage(usage)}${" ".repeat(1024 * 1024)}`;
    assert.equal(readUsage(long, "m1"), undefined);
    assert.equal(readUsage("{", "m1"), undefined);
  });
});
