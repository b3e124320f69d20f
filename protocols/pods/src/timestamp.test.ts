import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampOf, wallMsOf } from "./timestamp.ts";

test("a time is written with whole seconds and read back", () => {
  assert.equal(timestampOf(1_772_355_900_250), "2026-03-01T09:05:00Z");
  assert.equal(wallMsOf("2026-03-01T09:05:00Z"), 1_772_355_900_000);
  assert.equal(wallMsOf("yesterday"), undefined);
  assert.equal(wallMsOf(undefined), undefined);
  assert.equal(timestampOf(Infinity), "1970-01-01T00:00:00Z");
});
