import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";

const storage = "/apis/storage.k8s.io/v1/storageclasses";
const claims = "/api/v1/namespaces/default/persistentvolumeclaims";
const ingressClasses = "/apis/networking.k8s.io/v1/ingressclasses";
const ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

describe("the default class", () => {
  test("of storage is the newest that says so, for claims that name none", () => {
    const client = new TestClient();
    for (const name of ["old", "new"]) {
      const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
      client.send(`POST ${storage}`, { metadata: { name, annotations }, provisioner: "x" });
      client.pass(1000);
    }
    const claim = (name: string, spec: JsonObject = {}): string => {
      const resources = { requests: { storage: "1Gi" } };
      const { body } = client.send(`POST ${claims}`, {
        metadata: { name },
        spec: { accessModes: ["ReadWriteOnce"], resources, ...spec },
      });
      return textAt(body, "spec", "storageClassName");
    };
    assert.equal(claim("a"), "new");
    assert.equal(claim("b", { storageClassName: "old" }), "old");
    assert.equal(claim("c", { storageClassName: "" }), "", "an empty name asks for none");
  });

  test("of Ingresses is the one that says so; two are one too many", () => {
    const client = new TestClient();
    const make = (name: string): number => {
      const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
      const spec = { controller: "example.com/x" };
      return client.send(`POST ${ingressClasses}`, { metadata: { name, annotations }, spec })
        .status;
    };
    assert.equal(make("one"), 201);
    const backend = { service: { name: "web", port: { number: 80 } } };
    const ingress = (name: string) =>
      client.send(`POST ${ingresses}`, { metadata: { name }, spec: { defaultBackend: backend } });
    assert.equal(textAt(ingress("a").body, "spec", "ingressClassName"), "one");
    assert.equal(make("two"), 201);
    const { status, body } = ingress("b");
    assert.equal(status, 403);
    assert.match(textAt(body, "message"), /2 default IngressClasses were found, only 1 allowed$/u);
  });
});
