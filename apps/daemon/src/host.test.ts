import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { BeeError, instantAt } from "@beemesh/base";
import type { MachineEffect, MachineEvent } from "@beemesh/machine";
import type { RuntimeCommand } from "@beemesh/pods";
import type { Link, Runtime } from "@beemesh/ports";
import { Host } from "./host.ts";
import { createLog } from "./log.ts";
import { entryNamed, FickleDisk } from "./patient-disk.test.ts";
import { PatientDisk } from "./patient-disk.ts";

/** A host whose machine answers each kind of event with what a test wants. */
class Bench {
  readonly done: string[] = [];
  readonly events: MachineEvent[] = [];
  readonly crashes: unknown[] = [];
  readonly disk = new FickleDisk();
  readonly patient = new PatientDisk(this.disk);
  readonly host: Host;
  ms = 0;
  answer: (event: MachineEvent) => readonly MachineEffect[] = () => [];

  constructor(runtime: Partial<Runtime> = {}) {
    const note =
      (verb: string) =>
      (...facts: readonly unknown[]): void => {
        this.done.push([verb, ...facts.map((fact) => JSON.stringify(fact))].join(" "));
      };
    const link = { send: note("send"), publish: note("publish"), penalize: note("penalize") };
    const write = note("log");
    this.host = new Host({
      machine: {
        step: (event) => {
          this.events.push(event);
          return this.answer(event);
        },
      },
      disk: this.patient,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      link: link as unknown as Link,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      runtime: runtime as Runtime,
      log: createLog({ format: "text", level: "error", write, wallMs: () => 0 }),
      now: () => ({ at: instantAt(this.ms), wallMs: this.ms }),
      onAcknowledged: note("acknowledged"),
      measure: () => Promise.resolve([]),
      admit: ({ pod }) => Promise.resolve({ ok: true, pod }),
      onMachines: note("machines"),
      onObserve: note("observe"),
      onCrash: (error) => this.crashes.push(error),
    });
    this.patient.onTrouble = (failure) => {
      if (failure === "") this.host.saved();
      this.host.report({ disk: failure });
    };
  }

  /** Has effects performed, as if a tick had given them. */
  perform(...effects: readonly MachineEffect[]): void {
    this.answer = (event) => (event.kind === "tick" ? effects : []);
    this.host.dispatch({ kind: "tick" });
    this.answer = () => [];
  }

  /** Lets time pass, for the host and its timers. */
  pass(context: TestContext, ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.ms += 10;
      context.mock.timers.tick(10);
    }
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

const saved: MachineEffect = { kind: "persist", entries: [entryNamed("a")] };
const acknowledged: MachineEffect = { kind: "acknowledged", ticket: 7, holders: 2, of: 3 };
const sendOf = (k: string): MachineEffect => ({ kind: "send", to: "p2", message: { k } });

describe("Host", () => {
  test("performs effects in order, what is saved before what rests on it", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    const save = bench.disk.save.bind(bench.disk);
    bench.disk.save = (entries) => {
      bench.done.push("save");
      save(entries);
    };
    const done = (): unknown[] => bench.done.map((line) => line.split(" ")[0]);
    bench.perform(sendOf("hb"), saved, sendOf("r.ack"), acknowledged);
    assert.deepEqual(done(), ["send"]);
    bench.perform(saved, sendOf("r.put"));
    await bench.host.committed();
    assert.deepEqual(done(), ["send", "save", "send", "acknowledged", "send"]);
    assert.match(bench.done.at(-1) ?? "", /r\.put/u);
    bench.perform(sendOf("hb"));
    assert.equal(done().length, 6, "nothing waits for nothing");
    bench.host.stop();
  });

  test("says goodbye after everything is saved", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    bench.answer = () => [saved, sendOf("bye")];
    bench.host.stop();
    assert.equal(bench.disk.entries.size, 1);
    assert.deepEqual(bench.done, ['send "p2" {"k":"bye"}']);
  });

  test("promises nothing while the disk refuses, and all when it is saved", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    bench.disk.isFull = true;
    bench.perform(saved, sendOf("r.ack"), sendOf("r.sum"), sendOf("r.put"), sendOf("hb"));
    bench.perform(acknowledged);
    await bench.host.committed();
    const sent = (): string[] => bench.done.filter((line) => line.startsWith("send"));
    assert.deepEqual(sent(), ['send "p2" {"k":"r.put"}', 'send "p2" {"k":"hb"}']);
    assert.equal(bench.host.isBehind, true);
    assert.match(bench.host.health.disk, /the disk is full/u);
    assert(bench.kinds().includes("health"), "the machine hears of it");
    assert(!bench.done.some((line) => line.startsWith("acknowledged")));
    bench.disk.isFull = false;
    bench.pass(context, 1100);
    assert.equal(bench.host.health.disk, "");
    assert.equal(bench.disk.entries.size, 1);
    assert(bench.done.some((line) => line.startsWith("acknowledged 7")));
    bench.perform(sendOf("r.ack"));
    assert.equal(sent().at(-1), 'send "p2" {"k":"r.ack"}');
    bench.host.stop();
  });

  test("honours every wake, also those asked for before and after others", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    const ticks: number[] = [];
    bench.perform(
      { kind: "wake", at: instantAt(300) },
      { kind: "wake", at: instantAt(100) },
      { kind: "wake", at: instantAt(200) },
    );
    bench.answer = () => {
      ticks.push(bench.ms);
      return [];
    };
    bench.pass(context, 350);
    assert.deepEqual(ticks, [100, 200, 300]);
    bench.pass(context, 1000);
    assert.equal(ticks.length, 4, "and now and then without being asked");
    bench.host.stop();
  });

  test("events that come while one is handled wait their turn", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    let depth = 0;
    bench.answer = (event) => {
      depth += 1;
      assert.equal(depth, 1);
      if (event.kind === "start") bench.host.dispatch({ kind: "tick" });
      depth -= 1;
      return [];
    };
    bench.host.dispatch({ kind: "start" });
    assert.deepEqual(bench.kinds(), ["start", "tick"]);
    bench.host.stop();
  });

  test("what a driver throws becomes a report of failure", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const gone = new BeeError("runtime-unavailable", "Cannot do: Podman does not answer");
    const fail = (): Promise<never> => Promise.reject(gone);
    const bench = new Bench({
      createPod: fail,
      startContainer: fail,
      stopContainer: fail,
      removePod: fail,
      probe: fail,
    });
    const about = { uid: "u", container: "web", attempt: 0, timeoutMs: 1 };
    const plan = { kind: "tcp", port: 1 } as const;
    const commands = [
      { kind: "createPod", uid: "u", plan: {} },
      { kind: "startContainer", uid: "u", attempt: 2, plan: { name: "web" } },
      { kind: "stopContainer", uid: "u", container: "web", graceMs: 1 },
      { kind: "removePod", uid: "u", graceMs: 1 },
      { kind: "probe", ...about, probe: "liveness", plan },
      { kind: "hook", ...about, hook: "preStop", plan },
    ];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plans are only passed on
    for (const command of commands as unknown as RuntimeCommand[]) {
      bench.perform({ kind: "runtime", command });
    }
    await new Promise((resolve) => setImmediate(resolve));
    const reports = bench.events.flatMap((event) =>
      event.kind === "report" ? [event.report] : [],
    );
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ["podFailed", "containerFailed", "containerStopped", "podRemoveFailed", "probed", "hooked"],
    );
    const code = "runtime-unavailable";
    assert.deepEqual(reports[0], { kind: "podFailed", uid: "u", code, message: gone.message });
    bench.host.stop();
  });

  test("a bug stops the machine for good, and is told", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    const bug = new Error("impossible");
    bench.answer = () => {
      throw bug;
    };
    bench.host.dispatch({ kind: "tick" });
    assert.deepEqual(bench.crashes, [bug]);
    bench.answer = () => [];
    bench.host.dispatch({ kind: "tick" });
    bench.pass(context, 5000);
    assert.equal(bench.events.length, 1, "nothing is done any more");
  });

  test("says goodbye once, and does nothing afterwards", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    bench.host.stop();
    bench.host.stop();
    bench.pass(context, 5000);
    assert.deepEqual(bench.kinds(), ["stop"]);
  });

  test("tells trouble when it begins, when it changes and when it is over", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const bench = new Bench();
    for (const runtime of ["", "gone", "gone", "worse", ""]) bench.host.report({ runtime });
    const told = bench.events.flatMap((event) =>
      event.kind === "health" ? [event.health.runtime] : [],
    );
    assert.deepEqual(told, ["gone", "worse", ""]);
    bench.host.stop();
  });
});
