import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { Meter } from "./meter.ts";

test("a meter counts what sockets carry, also after they have closed", async () => {
  const server = createServer((socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect(portOf(server), "127.0.0.1");
  const meter = new Meter();
  meter.watch(socket);
  meter.watch(socket);
  socket.write("hello");
  await once(socket, "data");
  assert.deepEqual(meter.read(), { bytesIn: 5, bytesOut: 5 });
  socket.end();
  await once(socket, "close");
  assert.deepEqual(meter.read(), { bytesIn: 5, bytesOut: 5 });
  server.close();
});
