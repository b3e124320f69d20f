import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, deploymentManifest, paths } from "../test-object.ts";
import { admissionPaths, rulesFor } from "./test-webhook.ts";

/** What comes of a Deployment, or of a Namespace, under a policy that looks at `params.data.x`. */
function outcome(
  paramKind: JsonObject,
  paramRef: JsonObject,
  target: "deployment" | "node",
): string {
  const client = new TestClient();
  const rules = [rulesFor("deployments"), rulesFor("nodes")];
  client.make(admissionPaths.policies, {
    metadata: { name: "p" },
    spec: {
      matchConstraints: { resourceRules: rules },
      paramKind,
      validations: [{ expression: "params != null && params.data.x == 'y'" }],
    },
  });
  client.make(admissionPaths.bindings, {
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], paramRef },
  });
  client.send(`POST ${paths.configMaps}`, configMapManifest("x", { x: "y" }));
  const { status, body } =
    target === "node"
      ? client.send(`POST ${paths.nodes}`, { metadata: { name: "n" } })
      : client.send(`POST ${paths.deployments}`, deploymentManifest("web"));
  return status === 201 ? "201" : textAt(body, "message");
}

const maps = { apiVersion: "v1", kind: "ConfigMap" };

describe("parameters", () => {
  test("are of the namespace of the request, if none is named", () => {
    const paramRef = { name: "x", parameterNotFoundAction: "Deny" };
    assert.equal(outcome(maps, paramRef, "deployment"), "201");
    const elsewhere = { ...paramRef, namespace: "kube-system" };
    assert.match(outcome(maps, elsewhere, "deployment"), /no params found for policy binding/u);
  });

  test("of a namespace cannot be meant by what is in none", () => {
    const paramRef = { name: "x", parameterNotFoundAction: "Deny" };
    assert.match(
      outcome(maps, paramRef, "node"),
      /cannot use namespaced paramRef in policy binding that matches cluster-scoped resources$/u,
    );
    assert.equal(outcome(maps, { ...paramRef, namespace: "default" }, "node"), "201");
  });

  test("without a namespace are found wherever the request is", () => {
    const classes = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass" };
    const paramRef = { name: "none", parameterNotFoundAction: "Allow" };
    assert.equal(outcome(classes, paramRef, "node"), "201");
  });
});
