import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AssertionError, instantAt, type Now } from "@beemesh/base";
import { Agenda } from "./agenda.ts";
import { lookMs } from "./limits.ts";
import { put } from "./stand.test.ts";
import type { Flow } from "./waits.ts";

function at(ms: number): Now {
  return { at: instantAt(ms), wallMs: ms };
}

const tick = { kind: "tick" } as const;

/** A flow that notes what happens to it. */
function flowOf(): Flow & { readonly errors: unknown[]; isOver: boolean } {
  const errors: unknown[] = [];
  return { errors, isOver: false, fail: (error) => void errors.push(error) };
}

describe("Agenda", () => {
  test("lets nothing happen between a look and the deed that rests on it", () => {
    const agenda = new Agenda(at(0));
    const turns: string[] = [];
    agenda.open(tick, at(0));
    for (const name of ["a", "b"]) {
      const flow = flowOf();
      agenda.go(flow, () => {
        turns.push(`${name} looks`);
        agenda.handle(flow, put, () => turns.push(`${name} has done it`));
      });
    }
    const [first] = agenda.close();
    assert.deepEqual(turns, ["a looks"]);
    assert(first?.kind === "handle");
    assert.throws(() => agenda.open(tick, at(0)), AssertionError);
    const done = { kind: "handled", number: first.number, reply: replied } as const;
    agenda.open(done, at(0));
    agenda.come(done);
    agenda.close();
    assert.deepEqual(turns, ["a looks", "b looks"]);
  });

  test("others go on while the API asks somebody", () => {
    const agenda = new Agenda(at(0));
    const flow = flowOf();
    const done: string[] = [];
    agenda.open(tick, at(0));
    agenda.go(flow, () => agenda.handle(flow, put, () => done.push("first")));
    const [first] = agenda.close();
    assert(first?.kind === "handle");
    const handling = { kind: "handling", number: first.number } as const;
    agenda.open(handling, at(0));
    agenda.come(handling);
    agenda.go(flow, () => done.push("second"));
    agenda.close();
    const handled = { kind: "handled", number: first.number, reply: replied } as const;
    agenda.open(handled, at(1));
    agenda.come(handled);
    agenda.close();
    assert.deepEqual(done, ["second", "first"]);
  });

  test("gives no turn to what is over, and tells a flow of its own errors alone", () => {
    const agenda = new Agenda(at(0));
    const [bad, good, over] = [flowOf(), flowOf(), flowOf()];
    const done: string[] = [];
    const error = new Error("no");
    over.isOver = true;
    agenda.open(tick, at(0));
    agenda.go(bad, () => {
      throw error;
    });
    agenda.go(over, () => done.push("over"));
    agenda.go(good, () => done.push("good"));
    agenda.close();
    assert.deepEqual([bad.errors, good.errors, done], [[error], [], ["good"]]);
  });

  test("goes on when something holds, or has not in time", () => {
    const agenda = new Agenda(at(0));
    const flow = flowOf();
    const heard: boolean[] = [];
    let isTrue = false;
    const note = (holds: boolean): void => void heard.push(holds);
    const wish = { holds: () => isTrue, ms: 50 };
    const step = (ms: number, run: () => void = () => agenda.tick()): void => {
      agenda.open(tick, at(ms));
      run();
      agenda.close();
    };
    step(0, () => agenda.until(flow, wish, note));
    assert.equal(agenda.wakeAt, lookMs);
    step(20);
    step(40);
    assert.deepEqual(heard, []);
    step(60);
    assert.deepEqual(heard, [false]);
    step(60, () => agenda.until(flow, wish, note));
    isTrue = true;
    step(80);
    assert.deepEqual(heard, [false, true]);
    assert.equal(agenda.wakeAt, undefined);
  });

  test("a pause that is cancelled is none", () => {
    const agenda = new Agenda(at(0));
    const flow = flowOf();
    let isOn = false;
    const pause = agenda.pause(flow, 10, () => {
      isOn = true;
    });
    agenda.cancel(pause);
    agenda.cancel(undefined);
    agenda.open(tick, at(10));
    agenda.tick();
    agenda.close();
    assert.deepEqual([isOn, agenda.wakeAt], [false, undefined]);
  });
});

const replied = { kind: "json", status: 200, body: null } as const;
