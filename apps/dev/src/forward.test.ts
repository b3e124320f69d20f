import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { openForward } from "./forward.ts";

test("openForward passes bytes both ways, and takes another port if one is taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "forward-"));
  const path = join(folder, "machine.sock");
  const machine = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      heard += chunk;
    });
    socket.on("end", () => socket.end(`heard ${heard}`));
  });
  await new Promise<void>((resolve) => machine.listen(path, () => resolve()));
  const first = await openForward(0, path);
  const second = await openForward(first.port, path);
  try {
    assert.notEqual(second.port, first.port);
    const client = createConnection({ port: second.port, host: "127.0.0.1", allowHalfOpen: true });
    client.end("hello");
    assert.equal(await text(client), "heard hello");
  } finally {
    await first.close();
    await second.close();
    machine.close();
    rmSync(folder, { recursive: true });
  }
});
