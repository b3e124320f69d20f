import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject } from "@beemesh/model";
import { Expressions } from "./expression.ts";
import { expressionFaults } from "./rules-fault.ts";

const policies = findResource("admissionregistration.k8s.io", "validatingadmissionpolicies");
assert(policies);

function policyWith(spec: object): KubeObject {
  const apiVersion = "admissionregistration.k8s.io/v1";
  return { apiVersion, kind: "ValidatingAdmissionPolicy", metadata: { name: "p" }, spec };
}

function fields(next: KubeObject, before?: KubeObject): unknown {
  assert(policies);
  const change = before === undefined ? { next } : { next, before };
  return expressionFaults(new Expressions(), policies, change).map(({ field }) => field);
}

test("each expression is read for what it may name there", () => {
  const spec = {
    variables: [
      { name: "a", expression: "object.x" },
      { name: "b", expression: "variables.c" },
    ],
    matchConditions: [{ name: "m", expression: "variables.a == 1" }],
    validations: [
      { expression: "variables.a == 1", messageExpression: "1" },
      { expression: "params.x == 1" },
      { expression: "'text'" },
    ],
    auditAnnotations: [{ key: "k", valueExpression: "'x'" }],
  };
  assert.deepEqual(fields(policyWith(spec)), [
    "spec.matchConditions[0].expression",
    "spec.validations[1].expression",
    "spec.validations[2].expression",
    "spec.validations[0].messageExpression",
  ]);
  const withParams = { ...spec, paramKind: { apiVersion: "v1", kind: "ConfigMap" } };
  assert.equal(Array.isArray(fields(policyWith(withParams))), true);
});

test("what was kept once is not judged again, and other kinds are not", () => {
  const broken = policyWith({ validations: [{ expression: "nope" }] });
  assert.deepEqual(fields(broken), ["spec.validations[0].expression"]);
  assert.deepEqual(fields(broken, broken), []);
  const pods = findResource("", "pods");
  assert(pods);
  assert.deepEqual(expressionFaults(new Expressions(), pods, { next: broken }), []);
});
