import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contextOf, linesOf, member } from "./context.test.ts";
import { Redial } from "./redial.ts";

const many = Array.from({ length: 100 }, (_, index) => `m${index}`);

describe("Redial", () => {
  test("in a small mesh everybody is remembered, the dead as well, those who left not", () => {
    const context = contextOf("ann", "bob", "cid");
    context.view.put(member("dan", "dead"));
    context.view.put(member("eve", "left"));
    const redial = new Redial(context);
    redial.update();
    assert.deepEqual(linesOf(context.out).toSorted(), [
      "remember bob at /dns4/bob",
      "remember cid at /dns4/cid",
      "remember dan at /dns4/dan",
    ]);
    redial.update();
    assert.deepEqual(linesOf(context.out), [], "nothing is said twice");
    context.view.put({ ...member("bob"), addresses: ["/dns4/new"] });
    context.view.remove("dan");
    redial.update();
    assert.deepEqual(linesOf(context.out), ["forget dan", "remember bob at /dns4/new"]);
  });

  test("in a large mesh only neighbours are, and some of the dead", () => {
    const context = contextOf("ann", ...many);
    for (let index = 0; index < 100; index += 1) context.view.put(member(`d${index}`, "dead"));
    new Redial(context).update();
    const lines = linesOf(context.out);
    assert.equal(lines.filter((line) => line.startsWith("remember m")).length, 6);
    assert.equal(lines.filter((line) => line.startsWith("remember d")).length, 32);
  });
});
