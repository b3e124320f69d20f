import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { type PlainStream, StreamListener, socketAddress } from "@beemesh/kernel";
import { StreamDuplex } from "./stream-duplex.ts";

const megabyte = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, index) => index * 31));
const skip = process.platform !== "linux" && "needs Linux";

/** What comes to the end; the other direction stays as it is. */
async function all(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await once(stream, "end");
  return Buffer.concat(parts);
}

/** A socket of Node, and what it is connected with. */
async function pair(): Promise<readonly [Socket, PlainStream]> {
  const { promise, resolve } = Promise.withResolvers<PlainStream>();
  const address = socketAddress("127.0.0.1", 0);
  const listener = new StreamListener({ address, connectionsMax: 1, onStream: resolve });
  const near = connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true });
  const far = await promise;
  listener.close();
  return [near, far];
}

describe("a stream as one of Node", { skip }, () => {
  test("begins with what was read already, and carries both directions to their ends", async () => {
    const [near, far] = await pair();
    const duplex = new StreamDuplex(far, Buffer.from("first "));
    near.end(megabyte);
    assert((await all(duplex)).equals(Buffer.concat([Buffer.from("first "), megabyte])));
    duplex.end(megabyte);
    assert((await all(near)).equals(megabyte));
    if (!duplex.closed) await once(duplex, "close");
    assert(!far.isOpen);
  });

  test("lets a writer wait for a reader, in both directions", async () => {
    const [near, far] = await pair();
    const duplex = new StreamDuplex(far, new Uint8Array(0));
    const many = Buffer.concat(Array.from({ length: 16 }, () => megabyte));
    near.end(many);
    duplex.end(many);
    await once(duplex, "readable");
    assert(duplex.readableLength < megabyte.length, "what nobody reads waits with the kernel");
    assert(duplex.writableLength > 0, "and so does who writes what nobody reads");
    assert((await all(duplex)).equals(many));
    assert((await all(near)).equals(many));
  });

  test("is closed when the other end breaks off, and a write that waits is over", async () => {
    const [near, far] = await pair();
    const duplex = new StreamDuplex(far, new Uint8Array(0));
    const written = new Promise((resolve) => duplex.write(Buffer.alloc(32_000_000), resolve));
    duplex.resume().on("error", () => {});
    const closed = once(duplex, "close");
    near.resetAndDestroy();
    await Promise.all([written, closed]);
    assert(!far.isOpen);
  });

  test("is closed at the other end when it is destroyed", async () => {
    const [near, far] = await pair();
    const duplex = new StreamDuplex(far, new Uint8Array(0));
    near.resume();
    duplex.destroy();
    await once(near, "end");
    near.destroy();
    assert(!far.isOpen);
  });
});
