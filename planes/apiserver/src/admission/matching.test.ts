import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { conditionsOf, isExempt } from "./matching.ts";

test("only the kinds that decide about admission are never judged", () => {
  const is = (group: string, name: string): boolean => {
    const resource = findResource(group, name);
    assert(resource);
    return isExempt(resource);
  };
  assert(is("admissionregistration.k8s.io", "validatingadmissionpolicies"));
  assert(is("admissionregistration.k8s.io", "mutatingwebhookconfigurations"));
  assert(!is("", "pods"));
});

test("conditions are read as far as they are whole", () => {
  assert.deepEqual(conditionsOf({ matchConditions: [{ name: "a", expression: "true" }, 1] }), [
    { name: "a", expression: "true" },
    { name: "", expression: "" },
  ]);
  assert.deepEqual(conditionsOf(undefined), []);
});
