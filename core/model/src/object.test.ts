import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject } from "./object.ts";

test("an object of Kubernetes says its version, its kind and has metadata", () => {
  assert(isKubeObject({ apiVersion: "v1", kind: "Pod", metadata: {} }));
  for (const value of [null, [], "x", {}, { apiVersion: "v1", kind: "Pod" }]) {
    assert(!isKubeObject(value));
  }
  assert(!isKubeObject({ apiVersion: 1, kind: "Pod", metadata: {} }));
});
