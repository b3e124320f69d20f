import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { wholeEdit } from "@beemesh/apply";
import { findResource } from "@beemesh/model";
import { formatStamp } from "@beemesh/wire";
import {
  accountAfter,
  contentOf,
  editsOf,
  isByField,
  isCollectionByField,
  isOlderThan,
  mayHaveEdits,
} from "./edits.ts";
import { tombstoneMsMax } from "./limits.ts";
import { specBodyOf } from "./object-reader.ts";
import { mapOf, maps } from "./test-map.test.ts";

const wallMs = 1_800_000_000_000;

function stampAt(ms: number): ReturnType<typeof formatStamp> {
  return formatStamp({ wallMs: ms, counter: 0, machine: "ann" });
}

const made = {
  collection: "configmaps/default",
  name: "conf",
  part: "spec",
  stamp: stampAt(wallMs),
  author: "ann",
  body: specBodyOf(mapOf("conf", { a: "1" })),
  signature: "",
} as const;
const row = { base: mapOf("conf", { a: "1" }), spec: made };

describe("the edits of a version", () => {
  test("are those of one write if it has no account, or none that can be believed", () => {
    assert(!mayHaveEdits(made));
    assert.deepEqual(editsOf(made), wholeEdit(made.stamp));
    const account = accountAfter(maps, row, mapOf("conf", { a: "2" }));
    const body = specBodyOf(mapOf("conf", { a: "2" }), account);
    const next = { body, stamp: stampAt(wallMs + 1) };
    assert(mayHaveEdits(next));
    assert.equal(editsOf(next).stamp, made.stamp);
    const early = { body, stamp: stampAt(wallMs - 1) };
    assert.deepEqual(editsOf(early), wholeEdit(early.stamp), "nothing is newer than its version");
    const odd = { ...next, body: body.replace(/"base":"[^"]*"/u, '"base":"0"') };
    assert.deepEqual(editsOf(odd), wholeEdit(next.stamp));
    assert.deepEqual(editsOf({ ...next, body: `${body}}` }), wholeEdit(next.stamp));
    const own = JSON.stringify({ edits: account, metadata: { name: "conf" } });
    assert.deepEqual(editsOf({ ...next, body: own }), wholeEdit(next.stamp), "a field of its own");
  });

  test("are of what writes can change, and of what nobody else writes", () => {
    const object = {
      ...mapOf("conf", { a: "1" }),
      status: { phase: "x" },
      metadata: { ...row.base.metadata, generation: 2, labels: { b: "1" }, resourceVersion: "7" },
    };
    assert.deepEqual(contentOf(object), { data: { a: "1" }, metadata: { labels: { b: "1" } } });
    assert.deepEqual(accountAfter(maps, row, object), {
      base: made.stamp.replace("ann", "0"),
      by: [["", { "f:metadata": { "f:labels": { "f:b": {} } } }]],
      on: ["ann"],
    });
  });

  test("are not kept of kinds that hold whole", () => {
    const pods = findResource("", "pods");
    assert(pods !== undefined && !isByField(pods) && isByField(maps));
    assert.equal(accountAfter(pods, row, mapOf("conf", {})), undefined);
    for (const collection of ["pods/default", "events.events.k8s.io/default", "events/default"]) {
      assert(!isCollectionByField(collection), collection);
    }
    for (const collection of ["configmaps/default", "nodes/-", "jobs.batch/default"]) {
      assert(isCollectionByField(collection), collection);
    }
  });

  test("are old when no cut is so long", () => {
    const isOld = isOlderThan(made);
    assert(isOld(stampAt(wallMs - tombstoneMsMax - 1)));
    assert(!isOld(stampAt(wallMs - tombstoneMsMax)));
    assert(!isOld("~"));
  });
});
