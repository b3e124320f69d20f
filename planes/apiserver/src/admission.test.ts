import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { admitted, generatedName, namespaceRefusal } from "./admission.ts";
import { fieldAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

test("a generated name fits into a DNS label, however long its prefix", () => {
  const name = generatedName("x".repeat(100), seededRandom(1));
  assert.equal(name.length, 63);
  assert.match(name, /^x+[bcdfghjklmnpqrstvwxz2456789]{5}$/u);
});

test("a namespace is labelled with its name and kept until it is emptied", () => {
  const metadata = { name: "shop", labels: { a: "b" } };
  const namespace = admitted({ apiVersion: "v1", kind: "Namespace", metadata });
  assert.deepEqual(namespace.metadata.labels, { a: "b", "kubernetes.io/metadata.name": "shop" });
  assert.deepEqual(fieldAt(namespace, "spec", "finalizers"), ["kubernetes"]);
  const pod = { apiVersion: "v1", kind: "Pod", metadata };
  assert.equal(admitted(pod), pod);
});

test("a Job gets the labels of its uid and name, and a selector of its uid", () => {
  const job = {
    completions: 1,
    template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } },
  };
  const { status, body } = new TestClient().send(`POST ${paths.jobs}`, {
    metadata: { name: "pi" },
    spec: job,
  });
  assert.equal(status, 201, JSON.stringify(body));
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

test("namespaceRefusal is silent about what has no namespace", () => {
  assert.equal(namespaceRefusal.length, 2);
  const { body } = new TestClient().send(`GET ${paths.namespaces}/default`);
  assert.equal(textAt(body, "status", "phase"), "Active");
});
