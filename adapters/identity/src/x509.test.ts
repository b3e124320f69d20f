import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { issueX509, type X509Issuer } from "./x509.ts";

function p256(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

const notAfterMs = Date.UTC(2126, 0, 1);
const issuer: X509Issuer = { subject: { commonName: "authority" }, key: p256() };
const authority = new X509Certificate(
  issueX509({ subject: issuer.subject, key: issuer.key, use: "authority", notAfterMs }, issuer),
);

describe("issueX509", () => {
  test("makes an authority that signed itself", () => {
    assert(authority.ca);
    assert(authority.verify(authority.publicKey));
    assert.equal(authority.subject, "CN=authority");
  });

  test("makes a server certificate for names and addresses", () => {
    const names = ["localhost", "node-1.example", "127.0.0.1", "::1", "2001:db8::1:0:5"];
    const certificate = new X509Certificate(
      issueX509(
        { subject: { commonName: "node-1" }, key: p256(), use: "server", names, notAfterMs },
        issuer,
      ),
    );
    assert(certificate.verify(authority.publicKey));
    assert(certificate.checkIssued(authority));
    assert(!certificate.ca);
    for (const host of ["localhost", "node-1.example"]) assert(certificate.checkHost(host));
    for (const ip of ["127.0.0.1", "::1", "2001:db8::1:0:5"]) assert(certificate.checkIP(ip));
    assert.equal(certificate.checkIP("::2"), undefined);
    assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  });

  test("makes a client certificate with groups", () => {
    const certificate = new X509Certificate(
      issueX509(
        {
          subject: { commonName: "owner", organizations: ["system:masters", "team ü"] },
          key: p256(),
          use: "client",
          notAfterMs,
        },
        issuer,
      ),
    );
    const { subject } = certificate.toLegacyObject();
    assert.deepEqual({ ...subject }, { O: ["system:masters", "team ü"], CN: "owner" });
    assert(certificate.checkIssued(authority));
  });
});
