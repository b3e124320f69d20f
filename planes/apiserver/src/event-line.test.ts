import assert from "node:assert/strict";
import { test } from "node:test";
import { EventLines } from "./event-line.ts";

test("an event is written once for all who are told of it in a row", () => {
  const lines = new EventLines();
  let reads = 0;
  const counted = {
    get name(): string {
      reads += 1;
      return "a";
    },
  };
  const expected = '{"type":"ADDED","object":{"name":"a"}}\n';
  assert.equal(lines.lineOf("ADDED", counted), expected);
  assert.equal(lines.lineOf("ADDED", counted), expected);
  assert.equal(reads, 1);
  assert.match(lines.lineOf("DELETED", counted), /DELETED/u);
  lines.clear();
  lines.lineOf("DELETED", counted);
  assert.equal(reads, 3);
});
