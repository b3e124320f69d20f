import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointSliceResource, podResource } from "./kinds.ts";

test("the kinds are those of the API", () => {
  assert.equal(podResource.kind, "Pod");
  assert.equal(endpointSliceResource.kind, "EndpointSlice");
});
