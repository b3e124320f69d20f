import type { Duplex } from "node:stream";
import {
  type Answer,
  type DecidingEvent,
  depthMax,
  lineBytesMax,
  type NoAnswer,
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

/** Bytes that a peer may leave unread before it counts as gone. */
export const unreadBytesMax = 4 * lineBytesMax;

/** Is told what comes of questions, each by its number. */
export type OnAnswer = (event: Extract<DecidingEvent, { kind: "sent" | "answered" }>) => void;

/**
 * Questions to other machines: one stream to each, over which questions go out as they come, each
 * with its number, and answers come back as they are decided. Who waits for how long is for others.
 */
export class QuestionLines {
  readonly #streams: Pick<Streams, "openStream">;
  readonly #onAnswer: OnAnswer;
  readonly #lines = new Map<PeerId, Promise<QuestionLine | undefined>>();

  constructor(streams: Pick<Streams, "openStream">, onAnswer: OnAnswer) {
    this.#streams = streams;
    this.#onAnswer = onAnswer;
  }

  /** Asks a machine; the number is that of no other question of this machine. */
  ask(peer: PeerId, number: number, question: Question): void {
    void this.#ask(peer, number, question);
  }

  /** Nobody waits for an answer any more. */
  forget(peer: PeerId, number: number): void {
    void this.#lines.get(peer)?.then((line) => line?.forget(number));
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
      const stream = await this.#streams.openStream(peer, streamName);
      return new QuestionLine(stream, this.#onAnswer, forget);
    } catch {
      forget();
      return undefined;
    }
  }

  async #ask(peer: PeerId, number: number, question: Question): Promise<void> {
    const line = await inTime(this.#lineTo(peer), openMsMax);
    if (line !== undefined) line.ask(number, question);
    else this.#onAnswer({ kind: "answered", number, answer: { kind: "unreachable" } });
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
  readonly #waiting = new Set<number>();
  readonly #onAnswer: OnAnswer;
  readonly #onEnd: () => void;
  readonly #reader: LineReader;
  #isOpen = true;

  constructor(stream: Duplex, onAnswer: OnAnswer, onEnd: () => void) {
    this.#stream = stream;
    this.#onAnswer = onAnswer;
    this.#onEnd = onEnd;
    this.#reader = new LineReader(stream, {
      lineBytesMax,
      rate: lineRate,
      onLine: (line) => this.#hear(line),
      onEnd: () => this.end(),
      nowMs: () => performance.now(),
    });
  }

  ask(number: number, question: Question): void {
    if (!this.#isOpen || this.#stream.writableLength > unreadBytesMax) {
      this.#tell(number, { kind: "unreachable" });
      return;
    }
    const text = JSON.stringify({ n: number, ...questionJson(question) });
    if (text.length > lineBytesMax) {
      const message = "it is too large to be handed to the machine that decides it";
      this.#tell(number, { kind: "failed", code: "object-too-large", message });
      return;
    }
    this.#waiting.add(number);
    this.#stream.write(`${text}\n`);
    this.#onAnswer({ kind: "sent", number });
  }

  forget(number: number): void {
    this.#waiting.delete(number);
  }

  /** Nothing comes any more: what was asked may have been decided. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reader.close();
    this.#stream.destroy();
    this.#onEnd();
    for (const number of this.#waiting) this.#tell(number, { kind: "lost" });
    this.#waiting.clear();
  }

  #hear(line: string): void {
    const json = parseJson(line, lineLimits);
    const answer = readAnswer(json);
    const number = numberOf(json);
    if (answer === undefined || number === undefined) {
      this.end();
      return;
    }
    if (!this.#waiting.has(number)) return;
    if (answer.kind !== "working") this.#waiting.delete(number);
    this.#tell(number, answer);
  }

  #tell(number: number, answer: Answer | NoAnswer): void {
    this.#onAnswer({ kind: "answered", number, answer });
  }
}

/** The number of a question or an answer on its stream. */
export function numberOf(json: Json | undefined): number | undefined {
  const number = isJsonObject(json) ? json["n"] : undefined;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
