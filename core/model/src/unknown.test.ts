import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "./resource.ts";
import { pruneUnknown, unknownFields, unknownFieldsText } from "./unknown.ts";

const deployments = findResource("apps", "deployments");
assert(deployments);

const body = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a", colour: "red", labels: { anything: "goes" } },
  specc: {},
  spec: {
    replicas: 1,
    template: {
      spec: { containers: [{ name: "a", imagee: "b" }, { imagee: "c" }], nodeSelector: { x: "y" } },
    },
  },
};

test("unknown members are named by their paths, keys of maps are not members", () => {
  assert.deepEqual(unknownFields(deployments, body), [
    "specc",
    "metadata.colour",
    "spec.template.spec.containers[0].imagee",
    "spec.template.spec.containers[1].imagee",
  ]);
});

test("pruning drops them and nothing else", () => {
  assert.deepEqual(pruneUnknown(deployments, body), {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", labels: { anything: "goes" } },
    spec: {
      replicas: 1,
      template: { spec: { containers: [{ name: "a" }, {}], nodeSelector: { x: "y" } } },
    },
  });
  assert.deepEqual(unknownFields(deployments, pruneUnknown(deployments, body)), []);
});

test("the text is that of strict decoding", () => {
  assert.equal(unknownFieldsText(["a", "b.c"]), 'unknown field "a", unknown field "b.c"');
});
