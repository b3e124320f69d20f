import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchesFields, parseFieldSelector } from "./field-selector.ts";
import { findResource } from "./resource.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "default" },
  spec: { nodeName: "n1" },
  status: { phase: "Running" },
};
const pods = findResource("", "pods");
const nodes = findResource("", "nodes");

function selects(text: string): boolean {
  const result = parseFieldSelector(text, pods);
  assert(result.ok, text);
  return matchesFields(result.selector, pod);
}

describe("parseFieldSelector", () => {
  for (const text of [
    "",
    "metadata.name=a",
    "metadata.name==a,metadata.namespace=default",
    "spec.nodeName=n1,status.phase!=Succeeded,status.phase!=Failed",
    "status.podIP=",
    "spec.hostNetwork=false",
    "metadata.name!=a\\,b",
  ]) {
    test(`selects by ${JSON.stringify(text)}`, () => assert(selects(text)));
  }

  for (const text of ["metadata.name=b", "status.phase!=Running", "spec.nodeName="]) {
    test(`does not select by ${JSON.stringify(text)}`, () => assert(!selects(text)));
  }

  for (const text of ["metadata.name", "=a", "a=b=c", "!a", "a\\", "x".repeat(20_000)]) {
    test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(parseFieldSelector(text).ok, false);
    });
  }

  test("refuses a field that the resource cannot be selected by", () => {
    assert.deepEqual(parseFieldSelector("spec.foo=1", pods), {
      ok: false,
      message: "field label not supported: spec.foo",
    });
    assert(parseFieldSelector("spec.foo=1").ok);
  });

  test("reads escaped values", () => {
    const result = parseFieldSelector("reason=a\\,b\\=c\\\\d");
    assert(result.ok);
    assert.equal(result.selector[0]?.value, "a,b=c\\d");
  });
});

describe("matchesFields", () => {
  test("reads what is missing as its zero value", () => {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
    const result = parseFieldSelector("spec.unschedulable=false", nodes);
    assert(result.ok && matchesFields(result.selector, node));
  });

  test("reads the component of an event's source", () => {
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e" },
      involvedObject: { kind: "Pod", name: "a" },
      source: { component: "kubelet" },
    };
    const result = parseFieldSelector("source=kubelet,involvedObject.kind=Pod");
    assert(result.ok && matchesFields(result.selector, event));
  });
});

test("requests for certificates are selected by their signer", () => {
  const requests = findResource("certificates.k8s.io", "certificatesigningrequests");
  assert(parseFieldSelector("spec.signerName=a/b", requests).ok);
  assert.equal(parseFieldSelector("spec.username=x", requests).ok, false);
});
