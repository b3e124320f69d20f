import assert from "node:assert/strict";
import { test } from "node:test";
import { contentIdOf } from "./content.ts";

test("a key has one content ID, that of its SHA-256", () => {
  const text = contentIdOf("hello world").toString();
  assert.equal(text, "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
});
