import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { changeIntent, jsonOf, kindOf, namespaceOf, optionsObject } from "./intent.ts";

function infoOf(plural: string) {
  const resource = findResource("", plural);
  assert(resource);
  return {
    info: { resource, namespace: "shop", name: "", subresource: "", verb: "create" },
  } as const;
}

const options = {
  dryRun: true,
  fieldValidation: "Strict",
  doubled: [],
  fieldManager: "me",
  userAgent: "kubectl",
  force: undefined,
} as const;

test("options are told as an object of their kind", () => {
  assert.deepEqual(optionsObject("CREATE", options), {
    kind: "CreateOptions",
    apiVersion: "meta.k8s.io/v1",
    dryRun: ["All"],
    fieldManager: "me",
    fieldValidation: "Strict",
  });
  assert.deepEqual(optionsObject("CONNECT", options), {}, "a connection has none");
});

test("an intent is about the kind of its object, else of its path", () => {
  const metadata = { name: "web" };
  const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata };
  const intent = changeIntent(scale, scale, options);
  assert.deepEqual(kindOf(infoOf("pods"), intent), {
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
  });
  const gone = { ...intent, object: undefined };
  assert.deepEqual(kindOf(infoOf("pods"), gone), { group: "", version: "v1", kind: "Pod" });
});

test("a namespace is in itself", () => {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "own" } };
  const intent = changeIntent(object, object, options);
  assert.equal(namespaceOf(infoOf("namespaces"), intent), "own");
  assert.equal(namespaceOf(infoOf("namespaces"), { ...intent, name: "" }), "own");
  assert.equal(namespaceOf(infoOf("pods"), intent), "shop");
});

test("what is nothing is null", () => {
  assert.equal(jsonOf(undefined), null);
  assert.deepEqual(jsonOf({ a: 1 }), { a: 1 });
});
