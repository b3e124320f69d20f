import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { TLSSocket } from "node:tls";
import { portOf } from "../../../test/port-of.ts";
import {
  type ApiCredential,
  deriveUserAuthority,
  issueUser,
  openServerCredential,
} from "./api-credentials.ts";
import { SigningKey } from "./signing-key.ts";

const nowMs = Date.UTC(2026, 10, 20);
const meshKey = SigningKey.generate();

function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "beemesh-api-"));
  return work(folder).finally(() => rmSync(folder, { recursive: true }));
}

/** Asks a machine's API, as a user, who it takes the user for; undefined if it is not believed. */
async function whoAmI(folder: string, user: ApiCredential): Promise<string | undefined> {
  const own = openServerCredential(folder, "node-1", []);
  const server = createServer(
    {
      key: own.key,
      cert: own.certificate,
      ca: deriveUserAuthority(meshKey).certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    ({ socket }, response) => {
      assert(socket instanceof TLSSocket);
      const { CN, O } = socket.getPeerCertificate().subject;
      response.end(socket.authorized ? `${String(CN)} ${String(O)}` : "");
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const port = portOf(server);
    const asked = request({
      host: "127.0.0.1",
      port,
      ca: openServerCredential(folder, "node-1", []).authority,
      cert: user.certificate,
      key: user.key,
      agent: false,
    });
    asked.end();
    const [response] = await once(asked, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return Buffer.concat(chunks).toString() || undefined;
  } finally {
    server.close();
  }
}

describe("API credentials", () => {
  const owner = { name: "owner", groups: ["system:masters"] };

  test("a user certified on one machine is believed by every machine", async () => {
    const user = issueUser(deriveUserAuthority(meshKey), owner, nowMs);
    for (const _ of ["a", "b"]) {
      assert.equal(await inFolder((folder) => whoAmI(folder, user)), "owner system:masters");
    }
  });

  test("a user certified by another mesh is not", async () => {
    const stranger = issueUser(deriveUserAuthority(SigningKey.generate()), owner, nowMs);
    assert.equal(await inFolder((folder) => whoAmI(folder, stranger)), undefined);
  });
});
