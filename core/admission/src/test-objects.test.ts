import assert from "node:assert/strict";
import { test } from "node:test";
import { objectsAt } from "@beemesh/model";
import { podWith } from "./test-objects.ts";

test("podWith makes a container for each list of resources", () => {
  assert.equal(objectsAt(podWith([{}, {}]), "spec", "containers").length, 2);
});
