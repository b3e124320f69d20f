/** A webhook for tests: an HTTPS server with a certificate of its own authority. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why nothing here can be shown, for `skip`; the set-up brings openssl where it may install. */
export const lacksOpenssl =
  spawnSync("openssl", ["version"]).error !== undefined && "there is no openssl";

export interface StubWebhook {
  readonly server: Server;
  readonly port: number;
  /** PEM of the authority, in base64. */
  readonly caBundle: string;
  close(): Promise<void>;
}

/** Starts one for 127.0.0.1 and the given names. */
export async function startStub(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  names: readonly string[] = [],
): Promise<StubWebhook> {
  const { key, certificate } = makeCertificate(names);
  const server = createServer({ key, cert: certificate }, answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  assert(isAddress(address));
  return {
    server,
    port: address.port,
    caBundle: Buffer.from(certificate).toString("base64"),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

/** A key and a certificate of its own for 127.0.0.1 and the names. */
export function makeCertificate(names: readonly string[]): {
  readonly key: string;
  readonly certificate: string;
} {
  const folder = mkdtempSync(join(tmpdir(), "webhook-certificate-"));
  const alternatives = ["IP:127.0.0.1", ...names.map((name) => `DNS:${name}`)].join(",");
  try {
    writeFileSync(join(folder, "empty.cnf"), "[req]\ndistinguished_name=name\n[name]\n");
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    const out = ["-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-days", "2"];
    const what = ["-subj", "/CN=stub", "-addext", `subjectAltName=${alternatives}`];
    execFileSync("openssl", [...args, ...out, ...what, "-config", "empty.cnf"], {
      cwd: folder,
      stdio: "pipe",
    });
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    return { key: read("key.pem"), certificate: read("certificate.pem") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
