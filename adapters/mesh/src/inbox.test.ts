import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { encodeFrame } from "./frame.ts";
import { decodeMessage, encodeMessage } from "./inbox.ts";
import { type HeardLink, Loopback, until } from "./loopback.ts";
import { defaultLimits } from "./options.ts";

function frameOf(text: string): Uint8Array {
  return encodeFrame(Buffer.from(text));
}

function messagesOf({ events }: HeardLink): unknown[] {
  return events.flatMap((event) => (event.kind === "message" ? [event.message] : []));
}

/** Frames from a member that does not keep to the rules. */
describe("an inbox", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  const pair = async (
    change: Parameters<Loopback["links"]>[1] = {},
  ): Promise<readonly [HeardLink, HeardLink]> => {
    const [one, other] = await loopback.links(2, change);
    assert(one && other);
    return [one, other];
  };

  test("counts forged frames, and takes the good ones between", async () => {
    const [bad, good] = await pair();
    const stream = await bad.link.openStream(good.link.id, "msg");
    for (const text of ['{"a":', "[".repeat(100), '"fine"']) stream.write(frameOf(text));
    await until(() => messagesOf(good).includes("fine"), "the good one has come");
    const { malformed, penalties, peers } = good.link.stats();
    assert.deepEqual([malformed, penalties], [2, 2]);
    assert((peers[0]?.score ?? 0) < 0);
  });

  test("closes on a frame that is too large before it has come", async () => {
    const [bad, good] = await pair();
    const stream = await bad.link.openStream(good.link.id, "msg");
    stream.on("error", () => undefined);
    stream.write(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
    await until(() => good.link.stats().oversized === 1, "it is counted");
    await until(() => stream.destroyed, "the stream is closed");
  });

  test("counts a frame that is cut off", async () => {
    const [bad, good] = await pair();
    const stream = await bad.link.openStream(good.link.id, "msg");
    stream.end(frameOf('"cut off"').subarray(0, 8));
    await until(() => good.link.stats().truncated === 1, "it is counted");
    assert.deepEqual(messagesOf(good), []);
  });

  test("cuts off a member that floods", async () => {
    const limits = { ...defaultLimits, rate: { perSecond: 10, burst: 20 } };
    const [bad, good] = await pair({ limits });
    const stream = await bad.link.openStream(good.link.id, "msg");
    stream.on("error", () => undefined);
    for (let count = 0; count < 500; count += 1) stream.write(frameOf("1"));
    await until(() => good.events.some(({ kind }) => kind === "disconnected"), "it is cut off");
    assert(good.link.stats().throttled >= 100);
    assert(messagesOf(good).length < 40);
  });
});

test("messages are JSON within a limit of bytes", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const body = encodeMessage(text, 1000);
      assert(body);
      assert.equal(decodeMessage(body, 1000), text);
    }),
  );
  assert.equal(encodeMessage("ü".repeat(10), 21), undefined);
  assert.equal(decodeMessage(Buffer.from('"xxxx"'), 5), undefined);
  assert.equal(decodeMessage(Buffer.from("{"), 5), undefined);
});
