import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { describe, type TestContext, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { MachineEvent, NodeHealth } from "@beemesh/machine";
import { createLog } from "./log.ts";
import { Rounds } from "./rounds.ts";

/** Rounds over a world whose readings a test sets. */
class Bench {
  readonly events: MachineEvent[] = [];
  readonly log: string[] = [];
  health: NodeHealth = { runtime: "", disk: "", clock: "" };
  ms = 0;
  jumpMs = 0;
  offsetMs = 0;
  failure = "";
  ticks = 0;
  listPods: () => Promise<readonly []> = () => Promise.resolve([]);
  readonly rounds: Rounds;

  constructor() {
    const healthNow = (): NodeHealth => this.health;
    this.rounds = new Rounds({
      host: {
        get health() {
          return healthNow();
        },
        report: (health) => {
          this.health = { ...this.health, ...health };
        },
        dispatch: (event) => this.events.push(event),
      },
      log: createLog({
        format: "text",
        level: "info",
        write: (line) => this.log.push(line),
        wallMs: () => 0,
      }),
      now: () => ({ at: instantAt(this.ms), wallMs: this.ms + this.jumpMs }),
      data: tmpdir(),
      diskFailure: () => this.failure,
      clockOffsetMs: () => this.offsetMs,
      listPods: () => this.listPods(),
      tickApi: () => {
        this.ticks += 1;
      },
      measure: () => undefined,
    });
  }

  async pass(context: TestContext, ms: number): Promise<void> {
    this.ms += ms;
    context.mock.timers.tick(ms);
    await Promise.resolve();
  }
}

describe("Rounds", () => {
  test("look at disk and clock, and take back what is over", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const bench = new Bench();
    bench.failure = "Cannot save: the disk is full";
    bench.offsetMs = -3_600_000;
    await bench.pass(context, 1000);
    assert.match(bench.health.disk, /^Cannot save/u);
    assert.match(bench.health.clock, /60 minutes ahead/u);
    bench.failure = "";
    bench.offsetMs = 0;
    await bench.pass(context, 1000);
    assert.doesNotMatch(bench.health.disk, /^Cannot save/u);
    assert.equal(bench.health.clock, "");
    assert.equal(bench.ticks, 2);
    bench.rounds.close();
    await bench.pass(context, 10_000);
    assert.equal(bench.ticks, 2);
  });

  test("tell a wall clock that somebody set", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const bench = new Bench();
    await bench.pass(context, 1000);
    assert.deepEqual(bench.log, []);
    bench.jumpMs = -7_200_000;
    await bench.pass(context, 1000);
    assert.match(bench.log.join(""), /Wall clock jumped byMs=-7200000/u);
    bench.rounds.close();
  });

  test("take the runtime's inventory, and wait if it has none to give", async (context) => {
    context.mock.timers.enable({ apis: ["setInterval"] });
    const bench = new Bench();
    await bench.pass(context, 15_000);
    assert.deepEqual(bench.events, [{ kind: "found", pods: [] }]);
    bench.listPods = () => Promise.reject(new Error("gone"));
    await bench.pass(context, 15_000);
    assert.equal(bench.events.length, 1);
    bench.rounds.close();
  });
});
