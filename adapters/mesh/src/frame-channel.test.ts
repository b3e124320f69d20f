import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { encodeFrame } from "./frame.ts";
import { openChannel } from "./frame-channel.ts";
import { Loopback } from "./loopback.ts";

describe("a channel of frames", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  test("gives frames in order, whether they came before they were asked for or not", async () => {
    const [one, other] = (await loopback.streams()).map((stream) => openChannel(stream, 100));
    assert(one && other);
    const first = other.read();
    for (const text of ["a", "b"]) one.write(Buffer.from(text));
    assert.equal(Buffer.from(await first).toString(), "a");
    assert.equal(Buffer.from(await other.read()).toString(), "b");
  });

  test("ends when the stream does, and at a frame that is too large", async () => {
    const [one, other] = await loopback.streams();
    const channel = openChannel(other, 100);
    one.send(encodeFrame(new Uint8Array(101)));
    await assert.rejects(channel.read(), { code: "channel-closed" });
    await assert.rejects(channel.read(), { code: "channel-closed" });
  });
});
