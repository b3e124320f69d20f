import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LineCounter, parseDocument } from "yaml";
import { yamlTree } from "./yaml-tree.ts";

function tree(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    stringKeys: true,
    lineCounter,
    uniqueKeys: false,
  });
  const { problem, ...rest } = { problem: undefined, ...yamlTree(document, lineCounter) };
  return problem ?? rest;
}

describe("yamlTree", () => {
  test("copies what aliases stand for: no part is shared", () => {
    assert.deepEqual(tree("a: &x [1]\nb: *x"), { value: { a: [1], b: [1] } });
  });

  test("an alias stands for the last anchor of its name before it", () => {
    assert.deepEqual(tree("- &x 1\n- *x\n- &x 2\n- *x"), { value: [1, 1, 2, 2] });
  });

  test("a merge takes the first of several, and a quoted << is a plain key", () => {
    assert.deepEqual(tree("[{a: &x {k: 1}, b: &y {k: 2, l: 3}}, {<<: [*x, *y]}]"), {
      value: [
        { a: { k: 1 }, b: { k: 2, l: 3 } },
        { k: 1, l: 3 },
      ],
    });
    assert.deepEqual(tree('{"<<": 1}'), { value: { "<<": 1 } });
  });

  test("says where something is wrong", () => {
    assert.match(String(tree("a: 1\nb: [")), /at line 2, column/u);
    assert.match(String(tree("<<: 5")), /merges what is no map/u);
  });
});
