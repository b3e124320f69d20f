import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { formatStamp } from "@beemesh/wire";
import { recentMax, recentMs } from "./limits.ts";
import { Recent } from "./recent.ts";
import type { RecordStamp } from "./record.ts";

const start = instantAt(0);

function record(name: string, wallMs = 0): RecordStamp {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "a" });
  return { collection: "namespaces/-", name, part: "spec", stamp };
}

describe("Recent", () => {
  test("names the newest version of what was written lately", () => {
    const recent = new Recent();
    recent.add(record("a", 1), start);
    recent.add(record("b", 1), start);
    recent.add(record("a", 2), start);
    assert.deepEqual(recent.list(start), [record("b", 1), record("a", 2)]);
    assert.deepEqual(recent.list(instantAt(recentMs)), []);
  });

  test("names so many, the newest", () => {
    const recent = new Recent();
    for (let count = 0; count <= recentMax; count += 1) recent.add(record(`n${count}`), start);
    const names = recent.list(start).map(({ name }) => name);
    assert.equal(names.length, recentMax);
    assert.equal(names[0], "n1");
  });
});
