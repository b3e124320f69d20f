import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt } from "../field.ts";
import { allowing, hookName, hookOf, requestOf, rulesFor } from "./test-webhook.ts";

test("an answer repeats the uid that it was asked with", () => {
  const call = {
    url: "https://hook.example.com/a.b.c?timeout=1s",
    caBundle: "",
    timeoutMs: 1,
    review: { request: { uid: "u" } },
  };
  const answer = allowing(call);
  assert(answer.ok);
  assert.equal(fieldAt(answer.body, "response", "uid"), "u");
  assert.equal(hookName(call), "a.b.c");
  assert.deepEqual(requestOf(call), { uid: "u" });
  assert.equal(hookOf("x", rulesFor("pods"))["name"], "x");
});
