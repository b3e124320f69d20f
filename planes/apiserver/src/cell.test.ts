import assert from "node:assert/strict";
import { test } from "node:test";
import { containerCells, labelsText, selectorText } from "./cell.ts";

test("selectors are written as -l takes them", () => {
  const matchExpressions = [
    { key: "c", operator: "In", values: ["y", "x"] },
    { key: "d", operator: "NotIn", values: ["z"] },
    { key: "e", operator: "Exists" },
    { key: "f", operator: "DoesNotExist" },
  ];
  assert.equal(
    selectorText({ matchLabels: { b: "2", a: "1" }, matchExpressions }),
    "a=1,b=2,c in (x,y),d notin (z),e,!f",
  );
  assert.equal(selectorText(undefined), "<none>");
  assert.equal(labelsText({}), "<none>");
});

test("containers are named with their images", () => {
  const containers = [
    { name: "a", image: "x" },
    { name: "b", image: "y" },
  ];
  assert.deepEqual(containerCells({ containers }), ["a,b", "x,y"]);
});
