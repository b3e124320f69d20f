import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { preambleOf } from "@beemesh/workload";
import { handOver } from "./handover.ts";
import { say, testOutbox } from "./sockets.test.ts";
import {
  announcedAddresses,
  type IncomingConnection,
  WorkloadPort,
  type WorkloadPortLimits,
} from "./workload-port.ts";

const uid = "3f0d9c1e-0000-4000-8000-000000000000";

async function withPort(
  limits: Partial<WorkloadPortLimits>,
  play: (scene: {
    readonly dial: () => Socket;
    readonly port: WorkloadPort;
    readonly incoming: IncomingConnection[];
    readonly refused: string[];
  }) => Promise<void>,
): Promise<void> {
  const incoming: IncomingConnection[] = [];
  const refused: string[] = [];
  const port = new WorkloadPort({
    host: "127.0.0.1",
    port: 0,
    limits,
  });
  port.onConnection = (connection) => incoming.push(connection);
  port.onRefused = (cause) => refused.push(cause);
  await port.listen();
  try {
    const dial = (): Socket => {
      const socket = connect({ port: port.port, host: "127.0.0.1" });
      return socket.on("error", () => socket.destroy());
    };
    await play({ dial, port, incoming, refused });
  } finally {
    port.close();
    for (const { socket } of incoming) socket.destroy();
  }
}

/** Until a connection is gone, in whatever way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

/** Until something holds that a socket brings about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the workload port", () => {
  test("hands a connection on with all that followed its first line", async () => {
    await withPort({}, async ({ dial, incoming, port }) => {
      const caller = dial();
      caller.write(`${preambleOf(uid)}first`);
      await until(() => incoming.length === 1);
      const [connection] = incoming;
      assert(connection);
      assert.equal(connection.uid, uid);
      assert.equal(port.waiting, 0);
      // What comes now must not be read here any more.
      caller.write(", second");
      await new Promise((resolve) => setImmediate(resolve));
      const outbox = testOutbox();
      assert(await handOver(outbox, "sidecar", { kind: "incoming" }, connection.held));
      const [taken] = outbox.delivered;
      assert(taken);
      const heard = say(taken.socket, "welcome");
      assert.equal(await say(caller, ", third"), "welcome");
      assert.equal(await heard, "first, second, third");
    });
  });

  test("reads a first line that comes in pieces", async () => {
    await withPort({}, async ({ dial, incoming }) => {
      const caller = dial();
      caller.setNoDelay();
      for (const letter of preambleOf(uid)) {
        caller.write(letter);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => incoming.length === 1);
      assert.equal(incoming[0]?.uid, uid);
      caller.destroy();
    });
  });

  for (const [what, words] of [
    ["another protocol", "GET / HTTP/1.1\r\n\r\n"],
    ["a line without end", "x".repeat(1000)],
    ["a line that names nothing", "beemesh/workload/1 \n"],
  ] as const)
    test(`hangs up on ${what}`, async () => {
      await withPort({}, async ({ dial, incoming, refused }) => {
        const caller = dial();
        caller.write(words);
        await closed(caller);
        assert.deepEqual(refused, ["malformed"]);
        assert.equal(incoming.length, 0);
      });
    });

  test("hangs up on who says nothing, or too slowly", async () => {
    await withPort({ preambleMsMax: 20 }, async ({ dial, refused, port }) => {
      const caller = dial();
      caller.write("beemesh/");
      await closed(caller);
      assert.deepEqual(refused, ["slow"]);
      assert.equal(port.waiting, 0);
    });
  });

  test("lets one source wait with so many only, and serves again when they are gone", async () => {
    await withPort({ waitingPerSourceMax: 3 }, async ({ dial, incoming, refused, port }) => {
      const idle = [dial(), dial(), dial()];
      await until(() => port.waiting === 3);
      const fourth = dial();
      fourth.write(preambleOf(uid));
      await closed(fourth);
      assert.deepEqual(refused, ["crowded"]);
      for (const socket of idle) socket.destroy();
      await until(() => port.waiting === 0);
      dial().write(preambleOf(uid));
      await until(() => incoming.length === 1);
    });
  });

  test("announces where it is reached", () => {
    assert.deepEqual(announcedAddresses("127.0.0.1", 5), ["127.0.0.1:5"]);
    for (const address of announcedAddresses("0.0.0.0", 5)) {
      assert.match(address, /^\d+\.\d+\.\d+\.\d+:5$/u);
      assert(!address.startsWith("127."));
    }
  });

  test("says that its port is taken", async () => {
    await withPort({}, async ({ port }) => {
      const other = new WorkloadPort({ host: "127.0.0.1", port: port.port });
      await assert.rejects(other.listen(), { code: "port-taken" });
    });
  });
});
