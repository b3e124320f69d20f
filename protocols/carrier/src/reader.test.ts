import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import fc from "fast-check";
import {
  acceptedFrame,
  dataHeader,
  dataLengthMax,
  endFrame,
  openFrame,
  refusedFrame,
  resetFrame,
} from "./frame.ts";
import { CarrierReader } from "./reader.ts";

const opening = { protocol: "tcp", port: 80, service: "a/b:80", traceparent: "" } as const;
const refusal = { cause: "policy", reason: "no rule allows it 🐝" };

/** What was read, with the parts of one DATA frame put together again. */
class Story {
  readonly lines: string[] = [];
  #data = "";
  readonly reader = new CarrierReader({
    onOpen: (read) => void this.lines.push(JSON.stringify(read)),
    onRefused: (read) => void this.lines.push(JSON.stringify(read)),
    onSignal: (signal) => void this.lines.push(signal),
    onData: (bytes, isLast) => {
      this.#data += Buffer.from(bytes).toString("hex");
      if (!isLast) return;
      this.lines.push(`data ${this.#data}`);
      this.#data = "";
    },
  });
}

const frames: fc.Arbitrary<{ bytes: Uint8Array; line: string }> = fc.oneof(
  fc.constant({ bytes: openFrame(opening), line: JSON.stringify(opening) }),
  fc.constant({ bytes: refusedFrame(refusal), line: JSON.stringify(refusal) }),
  fc.constant({ bytes: acceptedFrame(), line: "accepted" }),
  fc.constant({ bytes: endFrame(), line: "end" }),
  fc.constant({ bytes: resetFrame(), line: "reset" }),
  fc.uint8Array({ maxLength: 40 }).map((data) => ({
    bytes: Uint8Array.from([...dataHeader(data.length), ...data]),
    line: `data ${Buffer.from(data).toString("hex")}`,
  })),
);

describe("CarrierReader", () => {
  test("reads the same frames however they are cut into chunks", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(frames), cuts, (sent, lengths) => {
        const bytes = Buffer.concat(sent.map((frame) => frame.bytes));
        const story = new Story();
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const length = lengths[turn % lengths.length] ?? 1;
          assert(story.reader.read(bytes.subarray(at, at + length)));
          at += length;
        }
        assert.deepEqual(
          story.lines,
          sent.map(({ line }) => line),
        );
        assert(story.reader.isBetweenFrames);
      }),
    );
  });

  test("passes DATA on as a part of the chunk, not as a copy", () => {
    const chunk = Uint8Array.from([...dataHeader(3), 1, 2, 3]);
    const parts: Uint8Array[] = [];
    const ignore = (): void => {};
    const reader = new CarrierReader({
      onOpen: ignore,
      onRefused: ignore,
      onSignal: ignore,
      onData: (bytes) => void parts.push(bytes),
    });
    reader.read(chunk);
    assert.equal(parts[0]?.buffer, chunk.buffer);
    assert.equal(parts[0]?.byteOffset, 4);
  });

  test("knows whether it stands between two frames", () => {
    const { reader } = new Story();
    reader.read(dataHeader(2).subarray(0, 1));
    assert(!reader.isBetweenFrames);
    reader.read(dataHeader(2).subarray(1));
    assert(!reader.isBetweenFrames);
    reader.read(Uint8Array.of(1, 2));
    assert(reader.isBetweenFrames);
  });

  const tooLong = dataLengthMax + 1;
  for (const [what, bytes] of [
    ["an unknown type", [7, 0, 0, 0]],
    ["type 0", [0, 0, 0, 0]],
    ["END with a body", [5, 0, 0, 1]],
    ["DATA that is too long", [4, tooLong >> 16, (tooLong >> 8) & 0xff, tooLong & 0xff]],
    ["OPEN without text", [1, 0, 0, 0]],
    ["OPEN that is too long", [1, 0, 0x10, 0x01]],
    ["OPEN that is no opening", [1, 0, 0, 2, 0x7b, 0x7d]],
    ["REFUSED that is no refusal", [3, 0, 0, 2, 0x7b, 0x7d]],
    ["text that is no ASCII", [1, 0, 0, 1, 0xff]],
    ["HTTP", [...Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
  ] as const)
    test(`refuses ${what}, and whatever follows it`, () => {
      const story = new Story();
      assert.equal(story.reader.read(Uint8Array.from(bytes)), false);
      assert.equal(story.reader.read(endFrame()), false);
      assert.deepEqual(story.lines, []);
    });

  test("survives 50,000 chunks of chance, and keeps none of their bytes", () => {
    const random = seededRandom(7);
    let refused = 0;
    let read = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const story = new Story();
      const chunk = new Uint8Array(random.below(64));
      // Half of them begin as a frame might, so that both endings are reached.
      for (let at = 0; at < chunk.length; at += 1) chunk[at] = random.below(256);
      if (random.below(2) === 0 && chunk.length >= 4) chunk.set([1 + random.below(6), 0, 0]);
      if (story.reader.read(chunk)) read += 1;
      else refused += 1;
    }
    assert(refused > 1000 && read > 1000, `${refused} refused, ${read} read`);
  });
});
