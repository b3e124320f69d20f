import assert from "node:assert/strict";
import { test } from "node:test";
import { cutText, messageBytesMax } from "./container-message.ts";
import { podOf } from "./stage.ts";

test("the containers of a pod share what may be said", () => {
  const one = { name: "web", image: "i:1" };
  assert.equal(messageBytesMax(podOf()), 12_288);
  const spec = { initContainers: [one], containers: [one], ephemeralContainers: [one] };
  assert.equal(messageBytesMax(podOf(spec)), 4096);
});

test("a text is cut by its bytes, and never within a character", () => {
  for (const [text, bytesMax, cut] of [
    ["honey", 5, "honey"],
    ["honey", 4, "hone"],
    ["hüne", 2, "h"],
    ["a€", 3, "a"],
    ["a€", 4, "a€"],
    ["\u{1f41d}!", 3, ""],
    ["\u{1f41d}!", 4, "\u{1f41d}"],
  ] as const) {
    assert.equal(cutText(text, bytesMax), cut);
  }
});
