import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { packWrites } from "./packing.ts";

test("what is written in one turn arrives as one piece", async () => {
  const pieces: string[] = [];
  const server = createServer((peer) => peer.on("data", (data) => pieces.push(String(data))));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  try {
    await once(socket, "connect");
    packWrites(socket);
    for (const round of ["first", "second"]) {
      const count = pieces.length;
      for (const part of ["le", "ng", "th ", round]) socket.write(part);
      while (pieces.length === count) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(pieces, ["length first", "length second"]);
  } finally {
    socket.destroy();
    server.close();
  }
});
