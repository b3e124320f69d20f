import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { SimulatedDisk } from "./disk.ts";
import type { SimulatedMachine } from "./machine.ts";
import { MachineClock } from "./machine-clock.ts";
import { runtimeDefaults, SimulatedRuntime } from "./runtime.ts";

/** A machine that is up and whose program does nothing. */
export function machineOf(id: string): SimulatedMachine {
  const random = seededRandom(1);
  const node = { step: () => [] };
  return {
    id,
    clock: new MachineClock({ originMs: 0, rate: 1, skewMs: 0 }),
    disk: new SimulatedDisk(),
    runtime: new SimulatedRuntime(random, runtimeDefaults),
    random,
    makeNode: () => node,
    links: new Map(),
    friends: new Set(),
    remembered: new Map(),
    topics: new Set(),
    traffic: { sentBytes: 0, sentMessages: 0, receivedBytes: 0, receivedMessages: 0 },
    node,
    life: 1,
    stalledUntilMs: 0,
    effectsLeft: Number.POSITIVE_INFINITY,
    firstMask: 0,
    secondMask: 0,
  };
}

test("a machine begins without connections and without traffic", () => {
  const { links, traffic } = machineOf("ann");
  assert.equal(links.size, 0);
  assert.equal(traffic.sentBytes, 0);
});
