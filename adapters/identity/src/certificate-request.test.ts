import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readCertificateRequest } from "./certificate-request.ts";

const skip = spawnSync("openssl", ["version"]).error ? "there is no openssl" : false;

/** What OpenSSL makes of a subject and an algorithm. */
function requestOf(subject: string, ...algorithm: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "request-"));
  try {
    const out = join(folder, "request.pem");
    const key = ["-nodes", "-keyout", join(folder, "key.pem")];
    const line = ["req", "-new", "-newkey", ...algorithm, ...key, "-subj", subject, "-out", out];
    const { status, stderr } = spawnSync("openssl", line, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return readFileSync(out, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultOf(pem: string): string {
  const request = readCertificateRequest(pem);
  return typeof request === "string" ? request : "";
}

const curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

describe("readCertificateRequest", { skip }, () => {
  for (const [what, algorithm] of [
    ["ECDSA", curve],
    ["RSA", ["rsa:2048"]],
    ["Ed25519", ["ed25519"]],
  ] as const) {
    test(`reads whom an ${what} request is for`, () => {
      const request = readCertificateRequest(requestOf("/O=devs/O=ops/CN=bob", ...algorithm));
      assert(typeof request !== "string");
      assert.equal(request.commonName, "bob");
      assert.deepEqual(request.organizations, ["devs", "ops"]);
    });
  }

  test("refuses what its key did not sign", () => {
    const pem = requestOf("/CN=bob", ...curve);
    const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/gu, ""), "base64");
    const forged = Buffer.from(der);
    const at = forged.indexOf("bob");
    forged.write("eve", at);
    const text = (bytes: Buffer): string =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END`;
    assert.equal(typeof readCertificateRequest(text(der)), "object");
    assert.equal(readCertificateRequest(text(forged)), "the request is not signed by its key");
    for (let length = 0; length < der.length; length += 7) {
      assert.equal(typeof readCertificateRequest(text(der.subarray(0, length))), "string");
    }
  });

  test("refuses what is none", () => {
    assert.match(faultOf(""), /no PEM/u);
    assert.match(faultOf("x".repeat(20_000)), /too long/u);
    assert.match(faultOf(requestOf("/O=devs", ...curve)), /names nobody/u);
  });
});
