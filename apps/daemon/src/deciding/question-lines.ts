import type { Duplex } from "node:stream";
import {
  type Answer,
  depthMax,
  lineBytesMax,
  type Question,
  questionJson,
  readAnswer,
} from "@beemesh/deciding";
import { isJsonObject, type Json, type PeerId, parseJson } from "@beemesh/wire";
import { LineReader } from "../workload/line-reader.ts";

/** Streams between machines, as the mesh adapter gives them. */
export interface Streams {
  openStream(peer: PeerId, name: string): Promise<Duplex>;
  handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void>;
}

/** The streams' protocol name between machines. */
export const streamName = "decide";

/** Lines of one peer: a busy machine's writes and their answers, with room. */
export const lineRate = { perSecond: 5000, burst: 10_000 } as const;

/** JSON of one question or answer. */
export const lineLimits = { lengthMax: lineBytesMax, depthMax } as const;

/** How long a connection may take to come about. */
const openMsMax = 2000;

/** Who says nothing for so long while it should decide is not at it any more. */
const silenceMsMax = 3000;

/** Bytes that a peer may leave unread before it counts as gone. */
export const unreadBytesMax = 4 * lineBytesMax;

/** How a question ended that nobody answered. */
export type NoAnswer = { readonly kind: "unreachable" } | { readonly kind: "lost" };

type Settle = (answer: Answer | NoAnswer) => void;

interface Waiting {
  readonly settle: Settle;
  readonly silenceMs: number;
  timer: NodeJS.Timeout;
}

/**
 * Questions to other machines: one stream to each, over which questions go out as they come, each
 * with a number, and answers come back as they are decided.
 */
export class QuestionLines {
  readonly #streams: Pick<Streams, "openStream">;
  readonly #lines = new Map<PeerId, Promise<QuestionLine | undefined>>();

  constructor(streams: Pick<Streams, "openStream">) {
    this.#streams = streams;
  }

  /** Asks a machine. `working` is no answer: it is waited on. */
  async ask(
    peer: PeerId,
    question: Question,
    silenceMs = silenceMsMax,
  ): Promise<Answer | NoAnswer> {
    const line = await inTime(this.#lineTo(peer), Math.min(openMsMax, silenceMs));
    return line === undefined ? { kind: "unreachable" } : line.ask(question, silenceMs);
  }

  /** Gives up what was asked of machines that are gone. */
  abandon(isGone: (peer: PeerId) => boolean): void {
    for (const [peer, line] of this.#lines) {
      if (isGone(peer)) void line.then((opened) => opened?.end());
    }
  }

  close(): void {
    this.abandon(() => true);
  }

  #lineTo(peer: PeerId): Promise<QuestionLine | undefined> {
    const known = this.#lines.get(peer);
    if (known !== undefined) return known;
    const opening = this.#open(peer);
    this.#lines.set(peer, opening);
    return opening;
  }

  async #open(peer: PeerId): Promise<QuestionLine | undefined> {
    const forget = (): void => {
      this.#lines.delete(peer);
    };
    try {
      return new QuestionLine(await this.#streams.openStream(peer, streamName), forget);
    } catch {
      forget();
      return undefined;
    }
  }
}

/** What comes in time, or undefined. */
async function inTime<Value>(
  coming: Promise<Value | undefined>,
  msMax: number,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), msMax);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was asked of one machine, and what it answers. */
class QuestionLine {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEnd: () => void;
  readonly #reader: LineReader;
  #count = 0;
  #isOpen = true;

  constructor(stream: Duplex, onEnd: () => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
    this.#reader = new LineReader(stream, {
      lineBytesMax,
      rate: lineRate,
      onLine: (line) => this.#hear(line),
      onEnd: () => this.end(),
      nowMs: () => performance.now(),
    });
  }

  ask(question: Question, silenceMs: number): Promise<Answer | NoAnswer> {
    if (!this.#isOpen || this.#stream.writableLength > unreadBytesMax) {
      return Promise.resolve({ kind: "unreachable" });
    }
    const text = JSON.stringify({ n: (this.#count += 1), ...questionJson(question) });
    const number = this.#count;
    if (text.length > lineBytesMax) {
      const message = "it is too large to be handed to the machine that decides it";
      return Promise.resolve({ kind: "failed", code: "object-too-large", message });
    }
    return new Promise((settle) => {
      const timer = this.#patience(number, silenceMs);
      this.#waiting.set(number, { settle, silenceMs, timer });
      this.#stream.write(`${text}\n`);
    });
  }

  /** Nothing comes any more: what was asked may have been decided. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reader.close();
    this.#stream.destroy();
    this.#onEnd();
    for (const number of this.#waiting.keys()) this.#settle(number, { kind: "lost" });
  }

  #hear(line: string): void {
    const json = parseJson(line, lineLimits);
    const answer = readAnswer(json);
    const number = numberOf(json);
    if (answer === undefined || number === undefined) {
      this.end();
      return;
    }
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    if (answer.kind !== "working") {
      this.#settle(number, answer);
      return;
    }
    clearTimeout(waiting.timer);
    waiting.timer = this.#patience(number, waiting.silenceMs);
  }

  #patience(number: number, silenceMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#settle(number, { kind: "lost" }), silenceMs);
  }

  #settle(number: number, answer: Answer | NoAnswer): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    clearTimeout(waiting.timer);
    waiting.settle(answer);
  }
}

/** The number of a question or an answer on its stream. */
export function numberOf(json: Json | undefined): number | undefined {
  const number = isJsonObject(json) ? json["n"] : undefined;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
