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
  const found = yamlTree(document, lineCounter);
  if (found.problem !== undefined) return found.problem;
  const { value, doubled } = found;
  return doubled.length === 0 ? { value } : { value, doubled };
}

describe("yamlTree", () => {
  test("of a doubled key the last counts, and its line is told", () => {
    const doubled = ['line 2: key "a" already set in map'];
    assert.deepEqual(tree("a: 1\na: 2"), { value: { a: 2 }, doubled });
    const many = Array.from({ length: 200 }, () => "a: 1").join("\n");
    assert.equal(tree(many), "it has too many doubled keys");
  });

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
