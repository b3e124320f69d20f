import assert from "node:assert/strict";
import { test } from "node:test";
import { Reachability } from "./reachability.ts";

test("an address that was silent is left alone, then tried again once", () => {
  let nowMs = 0;
  const known = new Reachability(() => nowMs);
  assert(known.isHopeful("a"));
  known.failed("a");
  assert(!known.isHopeful("a"));
  assert(known.isHopeful("b"));
  assert(!known.takeRetry("a"));
  nowMs = 30_000;
  assert(known.takeRetry("a"));
  assert(!known.takeRetry("a"), "one try at a time");
  known.answered("a");
  assert(known.isHopeful("a"));
});

test("only so many are remembered", () => {
  const known = new Reachability(() => 0);
  for (let index = 0; index <= 4096; index += 1) known.failed(`a${index}`);
  assert(known.isHopeful("a0"));
  assert(!known.isHopeful("a1"));
});
