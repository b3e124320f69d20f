import assert from "node:assert/strict";
import { test } from "node:test";
import { dateAt, listAt, numberAt, textAt, valueAt } from "./answer.ts";

const answer = {
  State: { Status: "exited", ExitCode: 3, StartedAt: "2026-11-20T10:42:48.343572539Z" },
  Never: "0001-01-01T00:00:00Z",
  Names: ["a"],
};

test("readers find what is there", () => {
  assert.equal(textAt(answer, "State", "Status"), "exited");
  assert.equal(numberAt(answer, "State", "ExitCode"), 3);
  assert.equal(dateAt(answer, "State", "StartedAt"), Date.UTC(2026, 10, 20, 10, 42, 48, 343));
  assert.deepEqual(listAt(answer, "Names"), ["a"]);
});

test("readers give the empty value for what is missing or of another type", () => {
  assert.equal(textAt(answer, "State", "ExitCode"), "");
  assert.equal(numberAt(answer, "Names", "0"), 0);
  assert.equal(dateAt(answer, "Never"), 0);
  assert.deepEqual(listAt(undefined, "Names"), []);
  assert.equal(valueAt("text", "length"), undefined);
});
