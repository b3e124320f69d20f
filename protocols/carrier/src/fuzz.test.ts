/** Carrier frames with things broken in them: who is at the other end may be anybody certified. */
import assert from "node:assert/strict";
import { fuzz, joined, mutated } from "../../../test/fuzz.ts";
import {
  acceptedFrame,
  dataHeader,
  dataLengthMax,
  endFrame,
  openFrame,
  refusedFrame,
  resetFrame,
  textBytesMax,
} from "./frame.ts";
import { CarrierReader } from "./reader.ts";

const opening = {
  protocol: "tcp",
  port: 5432,
  service: "shop/db:5432",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
} as const;
const body = Uint8Array.from({ length: 40 }, (_, index) => index);
const frames = [
  openFrame(opening),
  refusedFrame({ cause: "policy", reason: "no rule allows it" }),
  joined(dataHeader(body.length), body),
  joined(dataHeader(0), endFrame()),
  acceptedFrame(),
  resetFrame(),
  // A length beyond every limit.
  Uint8Array.from([4, 0xff, 0xff, 0xff]),
];

/** What a reader makes of pieces: data as one run, so that places of cuts do not show. */
function read(pieces: readonly Uint8Array[]): { readonly said: string; readonly isWhole: boolean } {
  let said = "";
  let dataBytes = 0;
  const reader = new CarrierReader({
    onOpen: ({ port }) => {
      said += `open ${port} `;
    },
    onRefused: ({ cause }) => {
      said += `refused ${cause} `;
    },
    onSignal: (signal) => {
      said += `${signal} `;
    },
    onData: (bytes, isLast) => {
      dataBytes += bytes.length;
      assert(dataBytes <= dataLengthMax, "a frame is within its limit");
      if (!isLast) return;
      said += `data ${dataBytes} `;
      dataBytes = 0;
    },
  });
  let isWhole = true;
  for (const piece of pieces) isWhole = reader.read(piece);
  assert(said.length <= textBytesMax);
  return { said: `${said}${isWhole ? dataBytes : "malformed"}`, isWhole };
}

fuzz("carrier frames are read alike however they are cut", ["whole", "malformed"], (random) => {
  const parts = Array.from({ length: 1 + random.below(3) }, () => mutated(random, frames));
  const bytes = joined(...parts);
  const cut = random.below(bytes.length + 1);
  const { said, isWhole } = read([bytes]);
  assert.equal(read([bytes.subarray(0, cut), bytes.subarray(cut)]).said, said);
  return isWhole ? "whole" : "malformed";
});
