import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { adoptSocket } from "@beemesh/kernel";
import { portOf } from "../../../test/port-of.ts";
import { Door } from "./door.ts";

describe("Door", () => {
  const folder = mkdtempSync(join(tmpdir(), "door-"));
  const socketPath = join(folder, "door");
  const door = new Door(
    {
      socketPath,
      addresses: ["127.0.0.9", "127.0.0.1"],
      onControl: (socket) => socket.end("control"),
      onCarry: (fd, early) => {
        const socket = adoptSocket(fd);
        socket.write(early);
        socket.pipe(socket);
      },
    },
    100,
  );
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  let port = 0;

  before(async () => {
    door.open();
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    port = portOf(echo);
  });
  after(() => {
    door.close();
    echo.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(text: string): Promise<string> {
    const socket = connect(socketPath);
    socket.end(text);
    return readAll(socket);
  }

  test("joins a connection to the port that its header names, and passes on the end", async () => {
    assert.equal(await ask(`connect ${port}\nhello`), "ok\nhello");
  });

  test("carries more bytes than any buffer holds", async () => {
    const text = "x".repeat(3_000_000);
    assert.equal((await ask(`connect ${port}\n${text}`)).length, text.length + 3);
  });

  test("reads a header that comes in pieces", async () => {
    const socket = connect(socketPath);
    socket.write("conn");
    await new Promise((resolve) => setImmediate(resolve));
    socket.end(`ect ${port}\nhi`);
    assert.equal(await readAll(socket), "ok\nhi");
  });

  test("says why a port cannot be entered", async () => {
    assert.equal(await ask("connect 1\n"), "error ECONNREFUSED\n");
  });

  for (const header of ["connect 0\n", "connect 65536\n", "connect x\n", "GET / HTTP/1.1\n", "\n"])
    test(`refuses ${JSON.stringify(header)}`, async () => {
      assert.equal(await ask(header), "error EINVAL\n");
    });

  test("hangs up on a header without end", async () => {
    assert.equal(await ask("x".repeat(200)).catch(() => ""), "");
  });

  test("hands the channel over", async () => {
    assert.equal(await ask("control\n"), "ok\ncontrol");
  });

  test("hands another sidecar's stream over, with what came along", async () => {
    assert.equal(await ask("carry\nhello"), "hello");
  });

  test("knows when the way to it is gone", () => {
    assert(door.isReachable);
    rmSync(socketPath);
    assert(!door.isReachable);
  });
});

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}
