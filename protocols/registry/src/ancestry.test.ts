import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, formatStamp } from "@beemesh/wire";
import { isConcurrent, withAncestors } from "./ancestry.ts";

function entry(author: string, wallMs: number, body: string): Entry {
  const stamp = formatStamp({ wallMs, counter: 0, machine: author });
  const key = { collection: "configmaps/default", name: "conf", part: "spec" } as const;
  return { ...key, stamp, author, body, signature: `${author}${wallMs}` };
}

function after(author: string, wallMs: number, ...parents: readonly Entry[]): Entry {
  return entry(author, wallMs, withAncestors('{"data":{}}', parents));
}

describe("what a version was written after", () => {
  const first = after("ann", 1);
  const second = after("ann", 2, first);

  test("is no part of it where there is nothing before it", () => {
    assert.equal(first.body, '{"data":{}}');
    assert.deepEqual(Object.keys(JSON.parse(second.body)), ["ancestors", "data"]);
  });

  test("is not concurrent with it, however far back it is known", () => {
    const third = after("bob", 3, second);
    assert(!isConcurrent(second, third) && !isConcurrent(first, third));
  });

  test("is told from what was written at the same time elsewhere", () => {
    const left = after("bob", 3, second);
    const right = after("carl", 4, second);
    const later = after("carl", 6, right);
    assert(isConcurrent(left, right) && isConcurrent(left, later));
    const both = after("dora", 7, later, left);
    assert(![left, right, later, second].some((each) => isConcurrent(each, both)));
  });

  test("is forgotten after a while, and then nothing counts as concurrent", () => {
    const lonely = after("bob", 3, second);
    let newest = second;
    for (let wallMs = 4; wallMs < 20; wallMs += 1) newest = after("carl", wallMs, newest);
    assert(!isConcurrent(lonely, newest));
    assert(newest.body.length < 300);
  });

  test("is not believed if it is malformed", () => {
    const left = after("bob", 3, second);
    for (const ancestors of [
      '"x"',
      "[1]",
      '["short"]',
      `[${'"0000000000000000",'.repeat(20)}""]`,
    ]) {
      assert(!isConcurrent(left, entry("carl", 4, `{"ancestors":${ancestors}}`)));
    }
    assert(!isConcurrent(left, entry("carl", 4, '{"ancestors":broken')));
  });
});
