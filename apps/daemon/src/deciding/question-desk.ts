import type { Duplex } from "node:stream";
import {
  type Answer,
  answerJson,
  type DecidingEvent,
  lineBytesMax,
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

/** Hears what other machines ask; each reference is given an answer. */
export type OnQuestion = (event: Extract<DecidingEvent, { kind: "heard" }>) => void;

/** Where an answer goes. */
interface Place {
  readonly stream: Duplex;
  /** The question's number on its stream. */
  readonly number: number;
}

/** Takes questions of other machines, and brings each its answer. */
export class QuestionDesk {
  readonly #onQuestion: OnQuestion;
  /** Those that are not answered yet. */
  readonly #places = new Map<number, Place>();
  readonly #streams = new Set<Duplex>();
  #count = 0;
  #isClosed = false;

  constructor(onQuestion: OnQuestion) {
    this.#onQuestion = onQuestion;
  }

  serve(streams: Pick<Streams, "handleStream">): Promise<void> {
    return streams.handleStream(streamName, (peer, stream) => this.#serve(peer, stream));
  }

  /** Answers a question; whoever hears that it is at work waits for another answer. */
  answer(reference: number, answer: Answer): void {
    const place = this.#places.get(reference);
    if (place === undefined) return;
    if (answer.kind !== "working") this.#places.delete(reference);
    const { stream, number } = place;
    if (stream.destroyed || !stream.writable) return;
    // Who asks and does not read is cut off, and asks again when it does.
    if (stream.writableLength > unreadBytesMax) stream.destroy();
    else stream.write(`${JSON.stringify({ n: number, ...answerJson(answer) })}\n`);
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
    this.#count += 1;
    const reference = this.#count;
    this.#places.set(reference, { stream, number });
    this.#onQuestion({ kind: "heard", from: peer, reference, question });
    return true;
  }
}
