import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FrameChannel } from "./frame-channel.ts";
import { admit, type Door, type HandshakeResult, knock } from "./handshake.ts";

/** Two ends of a channel in memory. */
function channelPair(): [FrameChannel, FrameChannel] {
  const queues: [Uint8Array[], Uint8Array[]] = [[], []];
  const wakes: [(() => void)[], (() => void)[]] = [[], []];
  const end = (own: 0 | 1, other: 0 | 1): FrameChannel => ({
    write: (body) => {
      queues[other].push(body);
      for (const wake of wakes[other].splice(0)) wake();
    },
    read: async () => {
      for (;;) {
        const body = queues[own].shift();
        if (body !== undefined) return body;
        await new Promise<void>((resolve) => wakes[own].push(resolve));
      }
    },
  });
  return [end(0, 1), end(1, 0)];
}

function door(name: string, believes: string): Door {
  return {
    certificate: () => name,
    judge: (certificate) => (certificate === believes ? undefined : "unknown"),
    introductions: () => [{ peer: `${name}-friend`, addresses: ["/ip4/127.0.0.1/tcp/1"] }],
  };
}

async function meet(dialer: Door, listener: Door): Promise<HandshakeResult[]> {
  const [a, b] = channelPair();
  return Promise.all([knock(a, dialer), admit(b, listener, () => undefined)]);
}

describe("the handshake", () => {
  test("admits both, and each learns of the other's friends", async () => {
    const results = await meet(door("ann", "bob"), door("bob", "ann"));
    assert.deepEqual(
      results.map((result) => result.kind === "admitted" && result.introductions[0]?.peer),
      ["bob-friend", "ann-friend"],
    );
  });

  test("refuses a dialer before it learns anything", async () => {
    const results = await meet(door("eve", "bob"), door("bob", "ann"));
    assert.deepEqual(results, [
      { kind: "refused", by: "them", reason: "unknown" },
      { kind: "refused", by: "us", reason: "unknown" },
    ]);
  });

  test("refuses a listener", async () => {
    const results = await meet(door("ann", "bob"), door("eve", "ann"));
    assert.deepEqual(results, [
      { kind: "refused", by: "us", reason: "unknown" },
      { kind: "refused", by: "them", reason: "unknown" },
    ]);
  });

  test("takes nonsense for no certificate", async () => {
    for (const text of ["", "[]", '{"certificate":1}', '{"certificate":{}}']) {
      const [a, b] = channelPair();
      a.write(Buffer.from(text));
      const result = await admit(b, door("bob", "ann"), () => undefined);
      assert.equal(result.kind, "refused");
    }
  });

  test("takes no more introductions, and no longer ones, than it should", async () => {
    const [a, b] = channelPair();
    const friends = Array.from({ length: 40 }, (_, index) => [`m${index}`, "/ip4/127.0.0.1"]);
    a.write(Buffer.from(JSON.stringify({ certificate: "ann" })));
    a.write(Buffer.from(JSON.stringify({ yes: [["x".repeat(300)], 7, ...friends] })));
    const result = await admit(b, door("bob", "ann"), () => undefined);
    assert.equal(result.kind === "admitted" && result.introductions.length, 14);
  });
});
