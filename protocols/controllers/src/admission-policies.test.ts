import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { lookAtAdmissionPolicy } from "./admission-policies.ts";
import { viewOf } from "./sight.ts";

function policyWith(validations: readonly JsonObject[], resources = ["deployments"]): KubeObject {
  const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["*"], resources };
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p", uid: "P", generation: 2 },
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConstraints: { resourceRules: [rule] },
      validations,
    },
  };
}

function statusOf(policy: KubeObject): unknown {
  const [action] = lookAtAdmissionPolicy(policy, viewOf()).actions;
  const [effect] = action?.effects ?? [];
  return effect?.kind === "putStatus" ? effect.object.status : undefined;
}

test("a policy is told that it was seen, and what its kinds do not have", () => {
  assert.deepEqual(statusOf(policyWith([{ expression: "object.spec.replicas > 1" }])), {
    observedGeneration: 2,
    typeChecking: {},
  });
  const wrong = { expression: "object.spec.replicass > 1", messageExpression: "params.nope" };
  assert.deepEqual(statusOf(policyWith([wrong])), {
    observedGeneration: 2,
    typeChecking: {
      expressionWarnings: [
        {
          fieldRef: "spec.validations[0].expression",
          warning:
            "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicass'\n" +
            " | object.spec.replicass > 1\n | ...........^",
        },
        {
          fieldRef: "spec.validations[0].messageExpression",
          warning:
            "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'nope'\n" +
            " | params.nope\n | ......^",
        },
      ],
    },
  });
});

test("what is meant by a wildcard is not checked, and nothing is told twice", () => {
  const policy = policyWith([{ expression: "object.nope" }], ["*"]);
  assert.deepEqual(statusOf(policy), { observedGeneration: 2, typeChecking: {} });
  const seen = { ...policy, status: { observedGeneration: 2 } };
  assert.deepEqual(lookAtAdmissionPolicy(seen, viewOf()).actions, []);
});
