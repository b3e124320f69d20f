import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "../test-client.ts";
import { admissionPaths, configurationOf, hookOf, rulesFor } from "./test-webhook.ts";

test("whoever wants to judge new pods is told which pods are not judged", () => {
  const warnings = (rules: Parameters<typeof hookOf>[1]): readonly string[] => {
    const configuration = configurationOf("Mutating", "m", hookOf("m.example.com", rules));
    return new TestClient().send(`POST ${admissionPaths.mutating}`, configuration).warnings;
  };
  assert.match(
    warnings(rulesFor("pods", "CREATE"))[0] ?? "",
    /^pods that controllers make are not/u,
  );
  assert.equal(warnings(rulesFor("*/*")).length, 1);
  assert.deepEqual(warnings(rulesFor("pods", "DELETE")), []);
  assert.deepEqual(warnings(rulesFor("deployments")), []);
});

test("a policy is told of its reach too, and of what of it has no effect", () => {
  const { status, warnings } = new TestClient().send(`POST ${admissionPaths.policies}`, {
    metadata: { name: "p" },
    spec: {
      matchConstraints: { resourceRules: [rulesFor("pods")] },
      validations: [{ expression: "true" }],
      auditAnnotations: [{ key: "a", valueExpression: "'b'" }],
    },
  });
  assert.equal(status, 201);
  assert.equal(warnings.length, 2);
  assert(warnings.some((text) => text.startsWith("spec.auditAnnotations is not supported")));
});
