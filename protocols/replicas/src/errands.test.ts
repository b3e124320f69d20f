import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Errands } from "./errands.ts";
import { errandsMax, probeMsMax } from "./limits.ts";

test("one probe serves all who ask, and is over in time", () => {
  const errands = new Errands();
  assert(errands.take("u", "a", instantAt(0)));
  assert(!errands.take("u", "b", instantAt(10)));
  assert(errands.take("v", "a", instantAt(20)));
  assert.equal(errands.wakeAt, instantAt(probeMsMax));
  assert.deepEqual(errands.overdue(instantAt(probeMsMax)), ["u"]);
  assert.deepEqual(errands.end("u"), ["a", "b"]);
  assert.deepEqual(errands.end("u"), []);
  errands.clear();
  assert.equal(errands.wakeAt, undefined);
});

test("no more are taken on than there may be", () => {
  const errands = new Errands();
  for (let index = 0; index < errandsMax; index += 1) {
    assert(errands.take(`u${index}`, "a", instantAt(0)));
    errands.take("u0", `a${index}`, instantAt(0));
  }
  assert(!errands.take("more", "a", instantAt(0)));
  errands.take("u0", "one too many", instantAt(0));
  assert.equal(errands.end("u0").length, errandsMax);
});
