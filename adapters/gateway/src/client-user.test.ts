import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { testCertificates } from "./certificate.test.ts";
import { admit, anonymous, identify } from "./client-user.ts";
import { isRefusal } from "./kube-status.ts";

const ann = { name: "ann", groups: [] };

describe("identify", () => {
  const certificates = testCertificates();
  const skip = certificates === undefined ? "there is no openssl" : false;
  const shown =
    certificates && new X509Certificate(certificates.client.certificate).toLegacyObject();

  test("asks for the user of a certificate that TLS has checked", { skip }, () => {
    assert(shown);
    const socket = { authorized: true, getPeerCertificate: () => shown };
    assert.equal(
      identify(socket, {}, () => ann),
      ann,
    );
    assert(isRefusal(identify(socket, {}, () => undefined)));
  });

  test("refuses a certificate of another authority without asking", { skip }, () => {
    assert(shown);
    const socket = { authorized: false, getPeerCertificate: () => shown };
    assert(isRefusal(identify(socket, {}, () => assert.fail("asked"))));
  });

  test("takes who shows nothing for anonymous, but not who sends a token", () => {
    const socket = { authorized: false, getPeerCertificate: () => null };
    assert.equal(
      identify(socket, {}, () => ann),
      anonymous,
    );
    assert(isRefusal(identify(socket, { authorization: "Bearer x" }, () => ann)));
  });
});

describe("admit", () => {
  test("lets a known user pass everywhere", () => assert(!admit(ann, "DELETE", ["api"])));

  for (const name of ["healthz", "livez", "readyz", "version"]) {
    test(`lets anybody read /${name}`, () => {
      assert.equal(admit(anonymous, "GET", [name]), undefined);
      assert.equal(admit(anonymous, "POST", [name])?.code, 403);
      assert.equal(admit(anonymous, "GET", [name, "more"])?.code, 403);
    });
  }

  test("refuses the rest in Kubernetes' words", () => {
    assert.match(admit(anonymous, "GET", ["api"])?.message ?? "", /cannot get path "\/api"/u);
  });
});
