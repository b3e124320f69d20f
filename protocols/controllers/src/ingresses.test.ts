import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { ingressResource } from "./kinds.ts";
import { Village } from "./village.ts";

const ingress: KubeObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "way", namespace: "default", uid: "I" },
  spec: { ingressClassName: "class", rules: [{ host: "a.b" }] },
};

function classOf(controller: string): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "class", uid: "C" },
    spec: { controller },
  };
}

function nodeOf(name: string, address: string): KubeObject {
  const annotations = address === "" ? {} : { "beemesh.io/ingress-address": address };
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: name, annotations }, spec: {} };
}

function statusIn(village: Village): unknown {
  return village.list(ingressResource)[0]?.status;
}

function settled(...objects: readonly KubeObject[]): Village {
  const village = new Village({ machines: 3 });
  for (const object of objects) {
    village.apply(object);
    village.pass(3000);
  }
  return village;
}

describe("an Ingress", () => {
  test("tells where it is reached: on machines that let the network in, and are alive", () => {
    const nodes = [nodeOf("m0", "10.0.0.7"), nodeOf("m1", "10.0.0.5"), nodeOf("m2", "")];
    const village = settled(...nodes, nodeOf("gone", "10.0.0.9"), ingress);
    const expected = { loadBalancer: { ingress: [{ ip: "10.0.0.5" }, { ip: "10.0.0.7" }] } };
    assert.deepEqual(statusIn(village), expected);
    village.apply(nodeOf("m0", ""));
    village.pass(60_000);
    assert.deepEqual(statusIn(village), { loadBalancer: { ingress: [{ ip: "10.0.0.5" }] } });
  });

  test("says nothing where nobody is let in, or another controller serves it", () => {
    assert.equal(statusIn(settled(nodeOf("m0", ""), ingress)), undefined);
    const foreign = classOf("k8s.io/ingress-nginx");
    assert.equal(statusIn(settled(nodeOf("m0", "10.0.0.7"), foreign, ingress)), undefined);
    const own = classOf("beemesh.io/ingress");
    assert.notEqual(statusIn(settled(nodeOf("m0", "10.0.0.7"), own, ingress)), undefined);
  });
});
