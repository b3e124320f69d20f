import assert from "node:assert/strict";
import { test } from "node:test";
import { ingressClassOf, ingressController, isForeignClass } from "./ingress-class.ts";

function objectOf(
  spec: unknown,
  annotations?: Record<string, string>,
): Parameters<typeof ingressClassOf>[0] {
  const metadata = { name: "a", ...(annotations && { annotations }) };
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec };
}

test("the class is that of the field, else of the annotation", () => {
  const annotations = { "kubernetes.io/ingress.class": "old" };
  assert.equal(ingressClassOf(objectOf({ ingressClassName: "new" }, annotations)), "new");
  assert.equal(ingressClassOf(objectOf({}, annotations)), "old");
  assert.equal(ingressClassOf(objectOf(undefined)), "");
});

test("a class is ours if it names our controller", () => {
  assert(!isForeignClass(objectOf({ controller: ingressController })));
  assert(isForeignClass(objectOf({ controller: "k8s.io/ingress-nginx" })));
  assert(isForeignClass(objectOf(undefined)));
});
