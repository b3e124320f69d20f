import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import type { ContainerStats } from "@beemesh/ports";
import { Gauge } from "./gauge.ts";

/** Pods that each use half a processor by a clock of the test's own. */
class Pods {
  readonly stats = new Map<string, readonly ContainerStats[]>();
  samples = 0;
  nowMs = 0;

  gauge(): Gauge {
    return new Gauge({
      self: "m1",
      runtime: {
        stats: (uid) => {
          const found = this.stats.get(uid);
          return found ? Promise.resolve(found) : Promise.reject(new Error("gone"));
        },
      },
      pods: () => ["a", "gone"],
      wallMs: () => 1_000_000,
      readComputer: () => {
        this.samples += 1;
        return { cpuNanoseconds: this.nowMs * 1_000_000, memoryBytes: 7 };
      },
    });
  }

  /** Lets time pass, in which a container has worked. */
  pass(ms: number, uid: string, cpuMs: number): void {
    this.nowMs += ms;
    const before = this.stats.get(uid)?.[0]?.cpuNanoseconds ?? 0;
    const cpuNanoseconds = before + cpuMs * 1_000_000;
    this.stats.set(uid, [{ name: "main", cpuNanoseconds, memoryBytes: 42 }]);
    mock.timers.tick(ms);
  }
}

/** Node's timers and clock move by the test's hand. */
async function withClock(play: (pods: Pods) => Promise<void>): Promise<void> {
  const pods = new Pods();
  const clock = mock.method(performance, "now", () => pods.nowMs);
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    await play(pods);
  } finally {
    mock.timers.reset();
    clock.mock.restore();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Gauge", () => {
  test("measures a second when it is asked first, and nothing before", () =>
    withClock(async (pods) => {
      pods.pass(5000, "a", 10);
      const gauge = pods.gauge();
      assert.equal(pods.samples, 0);
      const reading = gauge.read();
      await settled();
      pods.pass(1000, "a", 500);
      assert.deepEqual(await reading, {
        machine: "m1",
        wallMs: 1_000_000,
        windowMs: 1000,
        cpuNanocores: 1_000_000_000,
        memoryBytes: 7,
        pods: [
          {
            uid: "a",
            containers: [{ name: "main", cpuNanocores: 500_000_000, memoryBytes: 42 }],
          },
        ],
      });
    }));

  test("who asks again soon is given the same, later what was used since", () =>
    withClock(async (pods) => {
      pods.pass(0, "a", 0);
      const gauge = pods.gauge();
      const first = gauge.read();
      await settled();
      pods.pass(1000, "a", 0);
      const told = await first;
      pods.pass(4000, "a", 0);
      assert.equal(await gauge.read(), told);
      pods.pass(11_000, "a", 3000);
      const { windowMs, pods: used } = await gauge.read();
      assert.equal(windowMs, 15_000);
      assert.equal(used[0]?.containers[0]?.cpuNanocores, 200_000_000);
    }));

  test("a container that was started anew is not told of before its next window", () =>
    withClock(async (pods) => {
      pods.pass(0, "a", 900);
      const gauge = pods.gauge();
      const first = gauge.read();
      await settled();
      pods.stats.delete("a");
      pods.pass(1000, "a", 1);
      assert.deepEqual((await first).pods, []);
    }));
});
