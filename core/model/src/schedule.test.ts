import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseSchedule } from "./schedule.ts";

/** The next `count` times after a moment, as ISO text. */
function nextOf(text: string, after: string, count = 1, timeZone = ""): string[] {
  const schedule = parseSchedule(text);
  assert(schedule.ok, text);
  const times: string[] = [];
  let at: number | undefined = Date.parse(after);
  for (let index = 0; index < count; index += 1) {
    at = schedule.value.next(at ?? 0, timeZone);
    times.push(at === undefined ? "never" : new Date(at).toISOString().slice(0, 16));
    if (at === undefined) break;
  }
  return times;
}

describe("a schedule", () => {
  for (const [text, after, next] of [
    ["* * * * *", "2026-03-01T00:00:00Z", "2026-03-01T00:01"],
    ["* * * * *", "2026-03-01T00:00:59Z", "2026-03-01T00:01"],
    ["*/15 * * * *", "2026-03-01T00:46:00Z", "2026-03-01T01:00"],
    ["5/20 * * * *", "2026-03-01T00:26:00Z", "2026-03-01T00:45"],
    ["0 3 * * mon-fri", "2026-03-07T00:00:00Z", "2026-03-09T03:00"],
    ["30 4 1,15 * *", "2026-03-02T00:00:00Z", "2026-03-15T04:30"],
    ["0 0 13 * 5", "2026-03-01T00:00:00Z", "2026-03-06T00:00"],
    ["0 0 ? JAN,dec ?", "2026-02-01T00:00:00Z", "2026-12-01T00:00"],
    ["0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00"],
    ["@hourly", "2026-12-31T23:30:00Z", "2027-01-01T00:00"],
    ["@weekly", "2026-03-01T00:00:00Z", "2026-03-08T00:00"],
    ["0 0 31 2 *", "2026-03-01T00:00:00Z", "never"],
  ] as const) {
    test(`${text} comes after ${after} at ${next}`, () => {
      assert.deepEqual(nextOf(text, after), [next]);
    });
  }

  for (const text of [
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 7",
    "5-1 * * * *",
    "*/0 * * * *",
    "1-2-3 * * * *",
    "a * * * *",
    "@every 5m",
    "TZ=UTC * * * * *",
    "* ".repeat(200),
  ]) {
    test(`${JSON.stringify(text.slice(0, 20))} is none`, () => {
      assert.equal(parseSchedule(text).ok, false);
    });
  }

  test("goes by the clock of its zone", () => {
    const nine = nextOf("0 9 * * *", "2026-03-27T12:00:00Z", 3, "Europe/Paris");
    assert.deepEqual(nine, ["2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"]);
  });

  test("leaves out what the clock does, and happens once when it shows a time twice", () => {
    const spring = nextOf("30 2 * * *", "2026-03-28T12:00:00Z", 1, "Europe/Paris");
    assert.deepEqual(spring, ["2026-03-30T00:30"]);
    const autumn = nextOf("30 2 * * *", "2026-10-24T12:00:00Z", 2, "Europe/Paris");
    assert.deepEqual(autumn, ["2026-10-25T00:30", "2026-10-26T01:30"]);
  });

  test("always goes on, in any zone", () => {
    const zones = ["", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"];
    const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), fc.nat({ max: 59 }), (at, zone, minute) => {
        const schedule = parseSchedule(`${minute} * * * *`);
        assert(schedule.ok);
        const next = schedule.value.next(at, zone);
        assert(next !== undefined && next > at && next - at <= 2 * 3_600_000);
      }),
    );
  });
});

test("a name of JavaScript's is no shorthand", () => {
  assert.equal(parseSchedule("constructor").ok, false);
});
