import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Standing } from "./standing.ts";

test("points add up to an exile that ends", () => {
  const standing = new Standing();
  assert(!standing.penalize("ann", 60, instantAt(0)));
  assert(!standing.isExiled("ann", instantAt(0)));
  assert(standing.penalize("ann", 60, instantAt(0)));
  assert(standing.isExiled("ann", instantAt(29_999)));
  assert(!standing.isExiled("ann", instantAt(30_000)));
  assert.equal(standing.scoreOf("bob", instantAt(0)), 0);
});

test("points fade", () => {
  const standing = new Standing();
  standing.penalize("ann", 60, instantAt(0));
  assert.equal(standing.scoreOf("ann", instantAt(30_000)), -30);
  assert(!standing.penalize("ann", 60, instantAt(60_000)));
});

test("the memory of faults is bounded", () => {
  const standing = new Standing();
  for (let index = 0; index < 2000; index += 1) standing.penalize(`m${index}`, 1, instantAt(0));
  assert.equal(standing.scoreOf("m0", instantAt(0)), 0);
  assert.equal(standing.scoreOf("m1999", instantAt(0)), -1);
});
