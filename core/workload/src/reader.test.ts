import assert from "node:assert/strict";
import { test } from "node:test";
import { isPort, listOf, nameOf, textOf } from "./reader.ts";

test("fields of messages are read within their limits", () => {
  assert.equal(textOf("why"), "why");
  assert.equal(textOf("x".repeat(2000)), undefined);
  assert.equal(nameOf("web.shop"), "web.shop");
  assert.equal(nameOf("a b"), undefined);
  assert(isPort(1) && isPort(65_535) && !isPort(0) && !isPort(65_536) && !isPort(1.5));
  assert.deepEqual(listOf(["a"], 1, nameOf), ["a"]);
  assert.equal(listOf(["a", "b"], 1, nameOf), undefined);
  assert.equal(listOf(["a", ""], 2, nameOf), undefined);
});
