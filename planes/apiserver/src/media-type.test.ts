import assert from "node:assert/strict";
import { test } from "node:test";
import { mediaTypesOf, takesJson } from "./media-type.ts";

test("media types keep the client's order, and its qualities before that", () => {
  const types = mediaTypesOf(
    "application/json;as=Table;v=v1, application/json;q=0.5, text/plain;q=0.9, x/y;q=0",
  );
  assert.deepEqual(
    types.map(({ type }) => type),
    ["application/json", "text/plain", "application/json"],
  );
  assert.equal(types[0]?.parameters.get("as"), "Table");
});

test("JSON is taken by whoever takes anything", () => {
  assert.deepEqual(mediaTypesOf("*/*, application/*, text/html").map(takesJson), [
    true,
    true,
    false,
  ]);
  assert.deepEqual(mediaTypesOf(""), []);
});
