import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LibpodClient, segment } from "./libpod-client.ts";

describe("LibpodClient", () => {
  const folder = mkdtempSync(join(tmpdir(), "libpod-"));
  const socketPath = join(folder, "s");
  const client = new LibpodClient(socketPath);
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v4.0.0/libpod/broken")) response.writeHead(500);
    if (request.url?.endsWith("cut")) response.write("{", () => response.destroy());
    else if (request.url?.endsWith("lines")) response.end('1\nx\n{"a":"b"}\n');
    else if (request.url?.includes("message")) response.end('{"message":"no such pod"}');
    else response.end(JSON.stringify({ url: request.url }));
  });
  server.on("upgrade", (_, socket) => {
    socket.end("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello");
  });

  before(async () => {
    server.listen(socketPath);
    await once(server, "listening");
  });
  after(() => {
    client.close();
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("sends a call and reads its answer", async () => {
    const path = `/pods/${segment("a/b")}/json`;
    const answer = await client.call({ method: "GET", path, query: { all: true } });
    assert.deepEqual(answer.body, { url: "/v4.0.0/libpod/pods/a%2Fb/json?all=true" });
  });

  test("gives the engine's own reason for a failure", async () => {
    const call = { method: "GET", path: "/broken/message" } as const;
    assert.equal((await client.call(call)).reason, "no such pod");
    await assert.rejects(client.must("make pod", call), {
      code: "start-failed",
      message: "Cannot make pod: no such pod",
    });
  });

  test("says that the engine is unavailable, whenever the answer breaks off", async () => {
    const unavailable = { code: "runtime-unavailable" };
    await assert.rejects(client.call({ method: "GET", path: "/cut" }), unavailable);
    const nobody = new LibpodClient(join(folder, "nobody"));
    await assert.rejects(nobody.call({ method: "GET", path: "/info" }), unavailable);
    await assert.rejects(nobody.upgrade({ method: "POST", path: "/x" }), unavailable);
    await assert.rejects(client.lines({ method: "GET", path: "/broken/x" }), unavailable);
  });

  test("reads an answer line by line, and skips what is no JSON", async () => {
    const { values, end } = await client.lines({ method: "GET", path: "/lines" });
    const seen: unknown[] = [];
    for await (const value of values) seen.push(value);
    assert.deepEqual(seen, [1, { a: "b" }]);
    end();
  });

  test("gives a raw connection, with what came along with the answer", async () => {
    const socket = await client.upgrade({ method: "POST", path: "/exec/1/start", body: {} });
    const [text] = await once(socket.setEncoding("utf8"), "data");
    assert.equal(text, "hello");
    socket.destroy();
  });
});
