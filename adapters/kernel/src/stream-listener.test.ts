import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { PlainStream } from "./byte-stream.ts";
import { unixAddress } from "./message.ts";
import { socketAddress } from "./socket-address.ts";
import { StreamListener } from "./stream-listener.ts";
import { connectTo, Reader, skip } from "./stream-pair.test.ts";

describe("a listener", { skip }, () => {
  test("tells of connections, and where they came from and to", async () => {
    const { promise, resolve: onStream } = Promise.withResolvers<PlainStream>();
    const address = socketAddress("127.0.0.1", 0);
    const listener = new StreamListener({ address, connectionsMax: 1, onStream });
    const client = await connectTo(listener.port);
    const server = await promise;
    assert(typeof client !== "number");
    assert.deepEqual(server.local, { ip: "127.0.0.1", port: listener.port });
    assert.deepEqual(server.remote, client.local);
    client.destroy();
    server.destroy();
    listener.close();
    assert.deepEqual(server.remote, { ip: "", port: 0 });
  });

  test("breaks those off that are too many, until others have gone", async () => {
    const streams: PlainStream[] = [];
    let dropped = 0;
    const listener = new StreamListener({
      address: socketAddress("127.0.0.1", 0),
      connectionsMax: 2,
      onStream: (stream) => streams.push(stream),
      onDropped: () => {
        dropped += 1;
      },
    });
    const knock = async (): Promise<Reader> => {
      const connected = await connectTo(listener.port);
      assert(typeof connected !== "number");
      return new Reader(connected);
    };
    const first = await knock();
    const second = await knock();
    // It may be broken off before it is seen to be connected.
    const third = await connectTo(listener.port);
    if (typeof third !== "number") await new Reader(third).closed;
    assert.equal(dropped, 1);
    const [inside] = streams;
    inside?.destroy();
    await first.ended;
    const fourth = await knock();
    fourth.stream.write(Buffer.from("x"));
    // What comes is there as soon as it has been taken.
    while (streams.length < 3) await new Promise(setImmediate);
    assert.equal(dropped, 1);
    listener.close();
    listener.close();
    for (const { stream } of [first, second, fourth]) stream.destroy();
    for (const stream of streams) stream.destroy();
  });

  test("listens at a path", async () => {
    const folder = mkdtempSync(join(tmpdir(), "listener-"));
    const path = join(folder, "socket");
    const { promise, resolve: onStream } = Promise.withResolvers<PlainStream>();
    const listener = new StreamListener({
      address: unixAddress(path),
      connectionsMax: 1,
      onStream,
    });
    const client = connect(path).on("error", () => {});
    const server = await promise;
    assert.deepEqual(server.local, { ip: "", port: 0 });
    server.destroy();
    client.destroy();
    listener.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("says why it cannot listen", () => {
    const onStream = (): void => {};
    const address = socketAddress("127.0.0.1", 0);
    const one = new StreamListener({ address, connectionsMax: 1, onStream });
    const same = socketAddress("127.0.0.1", one.port);
    // EADDRINUSE
    assert.throws(() => new StreamListener({ address: same, connectionsMax: 1, onStream }), {
      code: "kernel-refused",
      facts: { errno: 98 },
    });
    one.close();
  });
});
