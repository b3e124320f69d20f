import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { preambleOf } from "@beemesh/workload";
import { portOf } from "../../../../test/port-of.ts";
import { heldSocket } from "./held-connection.ts";
import { Incoming } from "./incoming.ts";
import { openEcho } from "./sockets.test.ts";
import { type IncomingConnection, WorkloadPort } from "./workload-port.ts";

/** The two ends of a TCP connection. */
async function tcpPair(): Promise<readonly [Socket, Socket]> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, resolve);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const caller = connect(portOf(server), "127.0.0.1");
  caller.on("error", () => caller.destroy());
  const taken = await promise;
  server.close();
  return [caller, taken];
}

describe("Incoming", () => {
  test("carries what could not be handed over, with what was read of it", async () => {
    const sidecar = await openEcho();
    const incoming = new Incoming({
      attendantOf: () => ({ bring: () => Promise.resolve(false) }),
      carry: () => Promise.resolve(connect(sidecar.at, "127.0.0.1")),
      onTurnedAway: (cause) => assert.fail(cause),
    });
    const port = new WorkloadPort({ host: "127.0.0.1", port: 0 });
    const { promise: taken, resolve } = Promise.withResolvers<IncomingConnection>();
    port.onConnection = resolve;
    await port.listen();
    const caller = connect(port.port, "127.0.0.1");
    caller.write(`${preambleOf("u1")}read `);
    await incoming.take(await taken);
    caller.end("and more");
    assert.equal(await text(caller), "read and more");
    port.close();
    sidecar.close();
  });

  test("leaves to the sidecar what was handed over", async () => {
    const incoming = new Incoming({
      attendantOf: () => ({ bring: () => Promise.resolve(true) }),
      carry: () => assert.fail("nothing is carried"),
      onTurnedAway: (cause) => assert.fail(cause),
    });
    const [caller, socket] = await tcpPair();
    await incoming.take({ uid: "u1", socket, held: heldSocket(socket) });
    caller.destroy();
    socket.destroy();
  });

  test("hangs up on who asks for a pod that is not here", async () => {
    const causes: string[] = [];
    const incoming = new Incoming({
      attendantOf: () => undefined,
      carry: () => Promise.reject(new BeeError("pod-unknown", "Cannot enter pod")),
      onTurnedAway: (cause) => causes.push(cause),
    });
    const [caller, socket] = await tcpPair();
    await incoming.take({ uid: "u1", socket, held: heldSocket(socket) });
    assert.equal(await text(caller), "");
    assert.deepEqual(causes, ["absent"]);
  });

  test("carries a stream of the mesh that begins with the same line", async () => {
    const sidecar = await openEcho();
    const causes: string[] = [];
    const incoming = new Incoming({
      attendantOf: () => undefined,
      carry: () => Promise.resolve(connect(sidecar.at, "127.0.0.1")),
      onTurnedAway: (cause) => causes.push(cause),
    });
    const [near, far] = duplexPair();
    incoming.takeStream("peer", far);
    near.end(`${preambleOf("u1")}hello`);
    assert.equal(await text(near), "hello");
    const [stranger, other] = duplexPair();
    incoming.takeStream("peer", other);
    stranger.end("GET / HTTP/1.1\r\n\r\n");
    assert.equal(await text(stranger), "");
    assert.deepEqual(causes, ["malformed"]);
    sidecar.close();
  });
});
