import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { contentCauses } from "./schema-content.ts";

function texts(x: JsonObject): readonly string[] {
  const schema = { type: "object", properties: { x } };
  return contentCauses(schema, "s").map(({ field, message }) => `${field}: ${message}`);
}

test("a default fits its own schema", () => {
  assert.deepEqual(texts({ type: "integer", default: 3 }), []);
  assert.match(texts({ type: "integer", default: "a" }).join(), /must be of type integer/u);
  const closed = { type: "object", properties: { a: { type: "string" } }, default: { b: 1 } };
  assert.match(texts(closed).join(), /must not have unknown fields/u);
});

test("rules are compiled, and ask for what was before only where that can be told", () => {
  const rule = (text: string, more: JsonObject = {}): JsonObject => ({
    type: "integer",
    "x-kubernetes-validations": [{ rule: text, ...more }],
  });
  assert.deepEqual(texts(rule("self > 0 && self >= oldSelf")), []);
  assert.match(texts(rule("self > 'a'")).join(), /compilation failed: ERROR: <input>:1:6/u);
  assert.match(texts(rule("self")).join(), /must evaluate to bool/u);
  assert.match(texts(rule("true", { messageExpression: "1" })).join(), /must evaluate to string/u);
  assert.match(texts(rule("true", { optionalOldSelf: true })).join(), /if oldSelf is not used/u);
  assert.deepEqual(texts(rule("!oldSelf.hasValue()", { optionalOldSelf: true })), []);
  const inList = { type: "array", items: rule("self == oldSelf") };
  assert.match(
    texts(inList).join(),
    /uncorrelatable portion of the schema within s.properties\[x\]/u,
  );
});
