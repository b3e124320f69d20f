/** Streams over sockets of this computer, plain and by TLS: what must be the same of both. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type ByteStream, keptBytesMax, PlainStream, withRoomBefore } from "./byte-stream.ts";
import { contextOf, good, Reader, skip, tcpPair, tlsPair, unixPair } from "./stream-pair.test.ts";

type Pair = [ByteStream, ByteStream];

const megabyte = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, index) => index * 31));

function unixStreams(): Promise<Pair> {
  const [near, far] = unixPair();
  return Promise.resolve([new PlainStream(near), new PlainStream(far)]);
}

const ways: readonly (readonly [string, () => Promise<Pair>])[] = [
  ["TCP", tcpPair],
  ["a Unix socket", unixStreams],
  ["TLS", () => tlsPair(contextOf(good))],
];

for (const [what, pair] of ways)
  describe(`a stream by ${what}`, { skip }, () => {
    test("says its end in one direction, and goes on in the other", async () => {
      const [near, far] = (await pair()).map((stream) => new Reader(stream));
      assert(near && far);
      near.stream.write(Buffer.from("question"));
      near.stream.end();
      near.stream.write(Buffer.from("too late"));
      await far.ended;
      assert.equal(far.bytes.toString(), "question");
      assert(far.stream.hasEnded && !near.stream.hasEnded && far.stream.isOpen);
      far.stream.write(Buffer.from("answer"));
      far.stream.end();
      await near.ended;
      assert.equal(near.bytes.toString(), "answer");
      await Promise.all([near.closed, far.closed]);
      assert(near.stream.isFinished && far.stream.isFinished);
      assert.deepEqual([near.closes, far.closes], [1, 1]);
    });

    test("is closed at the other end when it breaks off, and says so once", async () => {
      const [near, far] = (await pair()).map((stream) => new Reader(stream));
      assert(near && far);
      near.stream.write(Buffer.from("x"));
      await far.until(1);
      near.stream.reset();
      near.stream.reset();
      near.stream.destroy();
      await near.closed;
      // A Unix socket knows no RST; whoever writes to it is told.
      if (what === "a Unix socket") far.stream.write(Buffer.from("x"));
      await far.closed;
      assert(!near.stream.isFinished && !far.stream.isFinished);
      assert.deepEqual([near.closes, far.closes], [1, 1]);
    });

    test("lets a writer wait for a slow reader in both directions, and loses nothing", async () => {
      const [near, far] = (await pair()).map((stream) => new Reader(stream));
      assert(near && far);
      for (const [writer, reader] of [
        [near, far],
        [far, near],
      ] as const) {
        reader.stream.pause();
        let written = 0;
        // More than the kernel's largest buffers of both ends.
        while (writer.stream.write(megabyte)) {
          written += 1;
          assert(written < 100, "the writer is told to wait");
        }
        assert(writer.stream.keptBytes > 0);
        const drains = writer.drains;
        reader.stream.resume();
        await reader.until((written + 1) * megabyte.length);
        while (writer.drains === drains) await new Promise(setImmediate);
        assert.equal(writer.stream.keptBytes, 0);
        const { bytes } = reader;
        for (let at = 0; at < bytes.length; at += megabyte.length) {
          assert(bytes.subarray(at, at + megabyte.length).equals(megabyte));
        }
      }
      near.stream.destroy();
      far.stream.destroy();
    });

    test("sends all that was written before its end", async () => {
      const [near, far] = (await pair()).map((stream) => new Reader(stream));
      assert(near && far);
      far.stream.pause();
      while (near.stream.write(megabyte));
      near.stream.end();
      far.stream.resume();
      await far.ended;
      assert.equal(far.bytes.length % megabyte.length, 0);
      far.stream.end();
      await Promise.all([near.closed, far.closed]);
      assert(near.stream.isFinished);
    });

    test("is lost to a writer who never waits", async () => {
      const [near, far] = (await pair()).map((stream) => new Reader(stream));
      assert(near && far);
      far.stream.pause();
      for (let count = 0; count < 100 && near.stream.isOpen; count += 1)
        near.stream.write(megabyte);
      assert(near.stream.keptBytes <= keptBytesMax + megabyte.length);
      await near.closed;
      far.stream.destroy();
    });

    test("is closed within what it tells", async () => {
      for (const how of ["destroy", "reset", "end"] as const) {
        const [a, b] = await pair();
        const reader = new Reader(a);
        const closed = new Promise<void>((resolve) => {
          const onEnd = (): void => b.destroy();
          b.read({ onData: () => b[how](), onEnd, onDrain: () => {}, onClose: resolve });
        });
        reader.stream.write(megabyte);
        if (how === "end") a.end();
        await closed;
        a.destroy();
        await reader.closed;
      }
    });

    test("has room before what it has read", async () => {
      const [a, b] = await pair();
      const framed = new Promise<Buffer>((resolve) => {
        const onData = (bytes: Uint8Array): void => {
          const frame = withRoomBefore(bytes, 4);
          frame?.set([9, 8, 7, 6]);
          resolve(Buffer.from(frame ?? []));
        };
        b.read({ onData, onEnd: () => {}, onDrain: () => {}, onClose: () => {} });
      });
      a.write(Buffer.from([1, 2, 3]));
      assert.deepEqual([...(await framed)], [9, 8, 7, 6, 1, 2, 3]);
      assert.equal(withRoomBefore(Buffer.alloc(3), 4), undefined);
      a.destroy();
      b.destroy();
    });

    test("carries what was sent, however it was cut and whoever waited", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 300_000 }), { maxLength: 30 }),
          fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
          async (lengths, pauses) => {
            const [near, far] = (await pair()).map((stream) => new Reader(stream));
            assert(near && far);
            const state = { isOver: false };
            const stutter = async (): Promise<void> => {
              for (let turn = 0; !state.isOver; turn += 1) {
                if (pauses[turn % pauses.length] === true) far.stream.pause();
                await new Promise(setImmediate);
                far.stream.resume();
                await new Promise(setImmediate);
              }
            };
            const stuttering = stutter();
            const sent: Uint8Array[] = [];
            for (const length of lengths) {
              const slice = megabyte.subarray(length, 2 * length);
              // What is written is the caller's again at once.
              const own = Buffer.from(slice);
              const written = near.write(own);
              own.fill(0);
              sent.push(slice);
              await written;
            }
            near.stream.end();
            state.isOver = true;
            await stuttering;
            await far.ended;
            assert(far.bytes.equals(Buffer.concat(sent)));
            far.stream.end();
            await Promise.all([near.closed, far.closed]);
          },
        ),
        { numRuns: 30, seed: 20_261_128 },
      );
    });
  });

describe("many streams", { skip }, () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;

  test("leave neither descriptors nor memory behind", async () => {
    const context = contextOf(good);
    const round = async (): Promise<void> => {
      const pairs = await Promise.all(Array.from({ length: 20 }, () => tlsPair(context)));
      await Promise.all(
        pairs.map(async (pair) => {
          const [near, far] = pair.map((stream) => new Reader(stream));
          assert(near && far);
          near.stream.write(Buffer.from("x"));
          await far.until(1);
          near.stream.end();
          far.stream.end();
          await Promise.all([near.closed, far.closed]);
        }),
      );
    };
    for (let count = 0; count < 10; count += 1) await round();
    const [open, memory] = [descriptors(), process.memoryUsage.rss()];
    for (let count = 0; count < 40; count += 1) await round();
    assert.equal(descriptors(), open);
    // An SSL has some 20 KB: 1,600 of them that were not given back would be 32 MB.
    const grown = process.memoryUsage.rss() - memory;
    assert(grown < 16 * 1024 * 1024, `${grown} bytes more`);
  });

  test("10,000 of them after each other take the handles of a few", async () => {
    for (let count = 0; count < 5000; count += 1) {
      const [near, far] = await unixStreams();
      near.destroy();
      far.reset();
    }
    const [near] = await unixStreams();
    assert(near.isOpen);
    near.destroy();
    assert(descriptors() < 200);
  });
});
