import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, listAt } from "./field.ts";
import { metricsResources } from "./metrics-resource.ts";
import { TestClient } from "./test-client.ts";

test("clients find the metrics API, which nobody can write to", () => {
  const { body } = new TestClient().send("GET /apis/metrics.k8s.io/v1beta1");
  const found = listAt(body, "resources");
  const told = ["name", "kind", "namespaced", "verbs"] as const;
  assert.deepEqual(
    found.map((resource) => told.map((member) => fieldAt(resource, member))),
    metricsResources.map((resource) => told.map((member) => resource[member])),
  );
  assert.deepEqual(
    metricsResources.map(({ name, verbs }) => [name, verbs]),
    [
      ["nodes", ["get", "list"]],
      ["pods", ["get", "list"]],
    ],
  );
});
