import type { Duplex } from "node:stream";
import {
  type Answer,
  answerJson,
  lineBytesMax,
  type Question,
  readQuestion,
} from "@beemesh/deciding";
import { type PeerId, parseJson } from "@beemesh/wire";
import { LineReader } from "../workload/line-reader.ts";
import {
  lineLimits,
  lineRate,
  numberOf,
  type Streams,
  streamName,
  unreadBytesMax,
} from "./question-lines.ts";

/** Questions of one machine that are being decided at a time; more are told to wait. */
const inFlightMax = 256;

/** How often whoever waits for a decision is told that it is still under way. */
const workingMs = 1000;

/** Decides what another machine asks; never rejects. */
export type Hear = (from: PeerId, question: Question) => Promise<Answer>;

/** Takes questions of other machines, and gives each its answer. */
export class QuestionDesk {
  readonly #hear: Hear;
  readonly #inFlight = new Map<PeerId, number>();
  readonly #streams = new Set<Duplex>();
  #isClosed = false;

  constructor(hear: Hear) {
    this.#hear = hear;
  }

  serve(streams: Pick<Streams, "handleStream">): Promise<void> {
    return streams.handleStream(streamName, (peer, stream) => this.#serve(peer, stream));
  }

  /** Takes no more questions, and leaves those that are being decided without an answer. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.destroy();
  }

  #serve(peer: PeerId, stream: Duplex): void {
    this.#streams.add(stream);
    stream.on("error", () => stream.destroy());
    if (this.#isClosed) stream.destroy();
    stream.once("close", () => this.#streams.delete(stream));
    const reader = new LineReader(stream, {
      lineBytesMax,
      rate: lineRate,
      onLine: (line) => {
        if (this.#take(peer, stream, line)) return;
        reader.close();
        stream.destroy();
      },
      onEnd: () => stream.destroy(),
      nowMs: () => performance.now(),
    });
  }

  /** Takes one line; false if it is none that an honest machine writes. */
  #take(peer: PeerId, stream: Duplex, line: string): boolean {
    const json = parseJson(line, lineLimits);
    const [number, question] = [numberOf(json), readQuestion(json)];
    if (number === undefined || question === undefined) return false;
    const count = this.#inFlight.get(peer) ?? 0;
    if (count >= inFlightMax) answer(stream, number, { kind: "busy" });
    else {
      this.#inFlight.set(peer, count + 1);
      void this.#answer(peer, stream, { number, question });
    }
    return true;
  }

  async #answer(
    peer: PeerId,
    stream: Duplex,
    { number, question }: { readonly number: number; readonly question: Question },
  ): Promise<void> {
    const timer = setInterval(() => answer(stream, number, { kind: "working" }), workingMs);
    timer.unref();
    try {
      answer(stream, number, await this.#hear(peer, question));
    } finally {
      clearInterval(timer);
      const left = (this.#inFlight.get(peer) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(peer, left);
      else this.#inFlight.delete(peer);
    }
  }
}

function answer(stream: Duplex, number: number, given: Answer): void {
  if (stream.destroyed || !stream.writable) return;
  // Who asks and does not read is cut off, and asks again when it does.
  if (stream.writableLength > unreadBytesMax) stream.destroy();
  else stream.write(`${JSON.stringify({ n: number, ...answerJson(given) })}\n`);
}
