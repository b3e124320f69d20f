import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { closing, listenOnPath, listenOnPort } from "./listener.ts";

const folder = mkdtempSync(join(tmpdir(), "gateway-listener-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("listenOnPath", () => {
  test("makes a socket that only its owner can use, and leaves the mask as it was", async () => {
    const mask = process.umask();
    const server = createServer();
    const path = join(folder, "one");
    await listenOnPath(server, path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(process.umask(), mask);
    await closing(server);
  });

  test("replaces what a dead process left, and refuses a place that is taken", async () => {
    const path = join(folder, "two");
    writeFileSync(path, "");
    const server = createServer();
    await listenOnPath(server, path);
    await assert.rejects(listenOnPath(createServer(), path), { code: "address-in-use" });
    await closing(server);
  });
});

test("listenOnPort tells that a port is taken", async () => {
  const server = createServer();
  await listenOnPort(server, "127.0.0.1", 0);
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const rejected = listenOnPort(createServer(), "127.0.0.1", address.port);
  await assert.rejects(rejected, { code: "EADDRINUSE" });
  await closing(server);
});
