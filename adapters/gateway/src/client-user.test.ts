import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import type { User } from "@beemesh/ports";
import { testCertificates } from "./certificate.test.ts";
import { anonymous, identify } from "./client-user.ts";
import { isRefusal } from "./kube-status.ts";

const ann = { name: "ann", groups: [] };

const never = (): never => assert.fail("asked");

describe("identify", () => {
  const certificates = testCertificates();
  const skip = certificates === undefined ? "there is no openssl" : false;
  const shown =
    certificates && new X509Certificate(certificates.client.certificate).toLegacyObject();
  const none = { authorized: false, getPeerCertificate: () => null };
  const bearer = { authorization: "Bearer secret" };

  test("asks for the user of a certificate that TLS has checked", { skip }, async () => {
    assert(shown);
    const socket = { authorized: true, getPeerCertificate: () => shown };
    assert.equal(await identify(socket, {}, { authenticate: () => ann }), ann);
    assert(isRefusal(await identify(socket, {}, { authenticate: () => undefined })));
  });

  test("refuses a certificate of another authority without asking", { skip }, async () => {
    assert(shown);
    const socket = { authorized: false, getPeerCertificate: () => shown };
    const authenticateToken = (): Promise<User> => Promise.resolve(ann);
    assert(isRefusal(await identify(socket, bearer, { authenticate: never, authenticateToken })));
  });

  test("takes who shows nothing for anonymous", async () => {
    assert.equal(await identify(none, {}, { authenticate: never }), anonymous);
  });

  test("asks for the user of a token, and never takes a wrong one for none", async () => {
    const authenticateToken = (token: string): Promise<User | undefined> =>
      Promise.resolve(token === "secret" ? ann : undefined);
    const both = { authenticate: never, authenticateToken };
    assert.equal(await identify(none, bearer, both), ann);
    for (const authorization of ["Bearer other", "Basic secret", "Bearer", "", "Bearer a b"]) {
      assert(isRefusal(await identify(none, { authorization }, both)), authorization);
    }
    const long = { authorization: `Bearer ${"x".repeat(20_000)}` };
    assert(isRefusal(await identify(none, long, { authenticate: never })));
    assert(isRefusal(await identify(none, bearer, { authenticate: never })));
  });
});
