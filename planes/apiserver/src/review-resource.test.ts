import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { reviewResources } from "./review-resource.ts";

test("reviews are asked, never kept: no kind of the model is among them", () => {
  for (const { group, name, verbs } of reviewResources) {
    assert.equal(findResource(group, name), undefined);
    assert.deepEqual(verbs, ["create"]);
  }
});
