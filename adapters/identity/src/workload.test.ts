import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { SigningKey } from "./signing-key.ts";
import { issueWorkloadCertificate } from "./workload.ts";

test("a workload's key is certified by its machine's, with one name and for both sides", () => {
  const key = SigningKey.generate();
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ format: "der", type: "spki" });
  const [notBeforeMs, notAfterMs] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)];
  const identity = { mesh: "12D3KooWMesh", namespace: "shop", serviceAccount: "web" };
  const claim = { key, publicKey: spki.toString("base64"), uid: "u-1", identity };
  const pem = issueWorkloadCertificate({ ...claim, notBeforeMs, notAfterMs });
  assert(pem !== undefined);
  const certificate = new X509Certificate(pem);
  assert.equal(certificate.subject, "CN=u-1");
  assert.equal(certificate.issuer, `CN=${key.id}`);
  assert.equal(certificate.subjectAltName, "URI:spiffe://12d3koowmesh/ns/shop/sa/web");
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  assert.equal(certificate.validFromDate.getTime(), notBeforeMs);
  assert.equal(certificate.validToDate.getTime(), notAfterMs);
  assert(certificate.verify(createPublicKey(key.issuer().key)));
  assert(!certificate.ca);
  const other = { ...claim, notBeforeMs, notAfterMs, publicKey: "AAAA" };
  assert.equal(issueWorkloadCertificate(other), undefined);
});
