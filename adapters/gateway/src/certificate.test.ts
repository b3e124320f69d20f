/** Certificates for tests, made by `openssl`; tests that need them are skipped without it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

export interface TestCertificates {
  readonly authority: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** A client's certificate that another authority signed. */
  readonly stranger: KeyPair;
}

let made: TestCertificates | undefined;

/** Makes the certificates once; undefined if there is no openssl. */
export function testCertificates(): TestCertificates | undefined {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  made ??= makeCertificates();
  return made;
}

function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), "gateway-certificates-"));
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  const run = (line: string): void => openssl(...line.split(" "));
  const authority = (name: string): void =>
    run(`req -x509 ${curve} -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`);
  const signed = (name: string, signer: string, subject: string): KeyPair => {
    run(`req -new ${curve} -subj ${subject} -keyout ${name}.key -out ${name}.csr`);
    writeFileSync(join(folder, "extensions"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const signature = `-CA ${signer}.crt -CAkey ${signer}.key -CAcreateserial`;
    run(`x509 -req -in ${name}.csr -days 2 -extfile extensions ${signature} -out ${name}.crt`);
    return { key: read(`${name}.key`), certificate: read(`${name}.crt`) };
  };
  try {
    authority("root");
    authority("other");
    return {
      authority: read("root.crt"),
      server: signed("server", "root", "/CN=localhost"),
      client: signed("client", "root", "/O=system:masters/CN=ann"),
      stranger: signed("stranger", "other", "/O=system:masters/CN=ann"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("testCertificates are signed by their authority", (t) => {
  const certificates = testCertificates();
  if (certificates === undefined) {
    t.skip("there is no openssl");
    return;
  }
  const root = new X509Certificate(certificates.authority);
  assert(new X509Certificate(certificates.client.certificate).verify(root.publicKey));
  assert(!new X509Certificate(certificates.stranger.certificate).verify(root.publicKey));
});
