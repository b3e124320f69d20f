import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { paths } from "../test-object.ts";
import { prepared } from "./preparation.ts";

test("a namespace is labelled with its name and kept until it is emptied", () => {
  const metadata = { name: "shop", labels: { a: "b" } };
  const namespace = prepared({ apiVersion: "v1", kind: "Namespace", metadata });
  assert.deepEqual(namespace.metadata.labels, { a: "b", "kubernetes.io/metadata.name": "shop" });
  assert.deepEqual(fieldAt(namespace, "spec", "finalizers"), ["kubernetes"]);
  const pod = { apiVersion: "v1", kind: "Pod", metadata };
  assert.equal(prepared(pod), pod);
});

test("a Job gets the labels of its uid and name, and a selector of its uid", () => {
  const job = {
    completions: 1,
    template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } },
  };
  const body = new TestClient().make(paths.jobs, { metadata: { name: "pi" }, spec: job });
  const uid = textAt(body, "metadata", "uid");
  assert.deepEqual(fieldAt(body, "spec", "selector"), {
    matchLabels: { "batch.kubernetes.io/controller-uid": uid },
  });
  assert.deepEqual(fieldAt(body, "spec", "template", "metadata", "labels"), {
    "batch.kubernetes.io/controller-uid": uid,
    "controller-uid": uid,
    "batch.kubernetes.io/job-name": "pi",
    "job-name": "pi",
  });
});
