import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { selfSignedServer } from "@beemesh/identity";
import type { KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { Certificates } from "./certificates.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function secretOf(certificate: string, key: string, type = "kubernetes.io/tls"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "shop", name: "tls", uid: "u1", resourceVersion: "1" },
    type,
    data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
  };
}

function certificatesOf(secret: () => KubeObject | undefined): Certificates {
  const get: ObjectStore["get"] = (_resource, namespace, name) =>
    namespace === "shop" && name === "tls" ? secret() : undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
  return new Certificates({ get } as ObjectStore);
}

const ref = { ingress: { namespace: "shop", name: "way" }, secret: "tls" };
const { certificate, key } = selfSignedServer(["shop.example"]);

describe("Certificates", () => {
  test("are made ready once for each version of a Secret", () => {
    let secret = secretOf(certificate, key);
    const certificates = certificatesOf(() => secret);
    const first = certificates.find(ref);
    assert.equal(first.kind, "found");
    assert.equal(certificates.find(ref), first);
    secret = { ...secret, metadata: { ...secret.metadata, resourceVersion: "2" } };
    assert.notEqual(certificates.find(ref), first);
  });

  for (const [what, secret, reason] of [
    ["no Secret", undefined, "there is no Secret tls in namespace shop"],
    [
      "one of another type",
      secretOf(certificate, key, "Opaque"),
      "Secret tls is not of type kubernetes.io/tls",
    ],
    [
      "garbage",
      secretOf("x", "y"),
      "tls.crt and tls.key of Secret tls are no certificate and its key",
    ],
    [
      "the key of another",
      secretOf(certificate, selfSignedServer(["b"]).key),
      "tls.crt and tls.key of Secret tls are no certificate and its key",
    ],
    [
      "nothing in it",
      { ...secretOf("", ""), data: 5 },
      "tls.crt and tls.key of Secret tls are no certificate and its key",
    ],
  ] as const) {
    test(`say what is wrong with ${what}`, () => {
      assert.deepEqual(certificatesOf(() => secret).find(ref), { kind: "broken", reason });
    });
  }
});
