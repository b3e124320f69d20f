/** Frames of HTTP/2 with things broken in them: what a program sends that begins like a client. */
import assert from "node:assert/strict";
import { fuzz, joined, mutated } from "../../../test/fuzz.ts";
import { bytesOf } from "./ascii.ts";
import { Http2Watch } from "./http2-watch.ts";
import { http2Preface } from "./sniff.ts";

/** A frame (RFC 9113, section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(9));
  head.setUint32(0, payload.length << 8);
  head.setUint8(3, type);
  head.setUint8(4, flags);
  head.setUint32(5, stream);
  return joined(new Uint8Array(head.buffer), payload);
}

const none = new Uint8Array(0);
const frames = [
  frame(4, 0, 0, none),
  frame(1, 4, 1, bytesOf("\x82\x86\x40application/grpc")),
  frame(1, 5, 3, bytesOf("\x82\x86\x84")),
  frame(9, 4, 3, bytesOf("\x84")),
  frame(0, 1, 1, bytesOf("hello")),
  frame(3, 0, 1, Uint8Array.from([0, 0, 0, 8])),
  frame(7, 0, 0, new Uint8Array(8)),
  // A length beyond every limit.
  Uint8Array.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
];

function watched(side: "client" | "server", pieces: readonly Uint8Array[]): Http2Watch {
  const watch = new Http2Watch(side);
  for (const piece of pieces) watch.read(piece);
  return watch;
}

fuzz(
  "frames of HTTP/2 are counted alike however they are cut",
  ["grpc", "frames", "lost", "none"],
  (random) => {
    const side = random.below(2) === 0 ? "client" : "server";
    const parts = Array.from({ length: random.below(4) }, () => mutated(random, frames));
    const bytes = joined(side === "client" ? http2Preface : none, ...parts);
    const cut = random.below(bytes.length + 1);
    const { counts, isGrpc, isLost } = watched(side, [bytes]);
    const again = watched(side, [bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.deepEqual([again.counts, again.isGrpc, again.isLost], [counts, isGrpc, isLost]);
    assert(counts.frames <= bytes.length / 9 && counts.streams <= counts.frames);
    if (isLost) return "lost";
    if (isGrpc) return "grpc";
    return counts.frames > 0 ? "frames" : "none";
  },
);
