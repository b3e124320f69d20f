import assert from "node:assert/strict";
import { test } from "node:test";
import { isLabelSelector, isTerm } from "./selector-shape.ts";

test("isTerm accepts expressions and fields, and nothing beside", () => {
  assert(isTerm({}));
  assert(isTerm({ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }));
  assert(!isTerm({ matchExpressions: [{ key: "zone" }] }));
  assert(!isTerm({ matchLabels: {} }));
  assert(!isTerm([]));
});

test("isLabelSelector accepts labels and expressions, and nothing beside", () => {
  assert(isLabelSelector({ matchLabels: { app: "web" } }));
  assert(isLabelSelector({ matchExpressions: [{ key: "app", operator: "Exists" }] }));
  assert(!isLabelSelector({ matchLabels: { app: 1 } }));
  assert(!isLabelSelector({ app: "web" }));
});
