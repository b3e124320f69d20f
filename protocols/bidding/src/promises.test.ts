import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Promises } from "./promises.ts";

test("counts what was given since a bid, by machine and workload, while it is news", () => {
  const promises = new Promises();
  promises.give("web", { machine: "ann", count: 2 }, instantAt(100));
  promises.give("web", { machine: "ann", count: 1 }, instantAt(200));
  promises.give("db", { machine: "ann", count: 5 }, instantAt(200));
  assert.equal(promises.count("web", "ann", instantAt(50)), 3);
  // A bid that crossed the first award on its way could not know of it either.
  assert.equal(promises.count("web", "ann", instantAt(240)), 3);
  assert.equal(promises.count("web", "ann", instantAt(300)), 1);
  assert.equal(promises.count("web", "bob", instantAt(0)), 0);
  promises.give("web", { machine: "bob", count: 1 }, instantAt(5000));
  assert.equal(promises.count("web", "ann", instantAt(50)), 0);
});

test("remembers which awards were kept, the last few thousand of them", () => {
  const promises = new Promises();
  for (let index = 0; index < 5000; index += 1) promises.keep(`award-${index}`);
  assert(promises.isKept("award-4999"));
  assert(!promises.isKept("award-0"));
});
