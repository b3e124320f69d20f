import assert from "node:assert/strict";
import { test } from "node:test";
import { after, elapsedMs, instantAt } from "./time.ts";

test("elapsedMs measures from the earlier to the later, negative the other way", () => {
  const start = instantAt(1000);
  const end = after(start, 250);
  assert.equal(elapsedMs(start, end), 250);
  assert.equal(elapsedMs(end, start), -250);
});
