import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { LibpodClient } from "./libpod-client.ts";
import { startAttach, startExec } from "./podman-session.ts";

describe("a session, with an engine that answers with what it is sent", () => {
  const folder = mkdtempSync(join(tmpdir(), "session-"));
  const client = new LibpodClient(join(folder, "s"));
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    if (request.url?.endsWith("/exec")) response.writeHead(201).end('{"Id":"e1"}');
    else if (request.url?.endsWith("e1/json")) response.end('{"ExitCode":3}');
    else response.end('{"State":{"Running":false,"ExitCode":4}}');
  });
  server.on("upgrade", (request, socket) => {
    calls.push(`${request.method} ${request.url}`);
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    const frames = Buffer.from("\u0001\0\0\0\0\0\0\u0003out\u0002\0\0\0\0\0\0\u0003err");
    socket.end(request.url?.includes("exec") ? frames : "terminal");
  });
  before(async () => {
    server.listen(join(folder, "s"));
    await once(server, "listening");
  });
  after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const read = (stream: unknown): Promise<string> =>
    stream instanceof Readable ? text(stream) : Promise.resolve("");

  test("gives both outputs and the exit code of a command", async () => {
    const options = { command: ["x"], stdin: false, tty: false };
    const session = await startExec(client, "c", options);
    assert.equal(session.stdin, undefined);
    const outputs = await Promise.all([read(session.stdout), read(session.stderr)]);
    assert.deepEqual(outputs, ["out", "err"]);
    assert.equal(await session.exitCode, 3);
  });

  test("gives the one output of a terminal, which can be resized", async () => {
    const session = await startAttach(client, "c", { stdin: true, tty: true });
    assert.equal(session.stderr, undefined);
    assert.equal(await read(session.stdout), "terminal");
    assert.equal(await session.exitCode, 4);
    session.resize(80, 24);
    const resize = "POST /v4.0.0/libpod/containers/c/resize?h=24&w=80";
    while (!calls.includes(resize)) await new Promise((resolve) => setImmediate(resolve));
  });
});
