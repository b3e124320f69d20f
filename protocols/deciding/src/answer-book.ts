import { elapsedMs, type Instant } from "@beemesh/base";
import { answerKeptMs, answersLengthMax, answersMax } from "./limits.ts";

interface Line<Value> {
  readonly value: Value;
  /** Characters of its answer; 0 while it is being decided. */
  length: number;
  endedAt: Instant | undefined;
}

/**
 * What was decided lately, by the name of the write: whoever asks again, because an answer was
 * lost, gets the same one, and nothing is done twice.
 */
export class AnswerBook<Value> {
  readonly #lines = new Map<string, Line<Value>>();
  #length = 0;

  /** What was or is being decided under this name. */
  get(id: string): Value | undefined {
    return this.#lines.get(id)?.value;
  }

  /** Takes note that a write is being decided. */
  begin(id: string, value: Value): void {
    this.#lines.set(id, { value, length: 0, endedAt: undefined });
  }

  /** Takes note that it is decided; its answer has so many characters. */
  end(id: string, length: number, now: Instant): void {
    const line = this.#lines.get(id);
    if (line === undefined || line.endedAt !== undefined) return;
    // At the end of the map stands what ended last: the rest is forgotten from its beginning.
    this.#lines.delete(id);
    this.#lines.set(id, { ...line, length, endedAt: now });
    this.#length += length;
    this.#forget(now);
  }

  /** Forgets a write that was not decided, so that it can be asked for again. */
  drop(id: string): void {
    this.#length -= this.#lines.get(id)?.length ?? 0;
    this.#lines.delete(id);
  }

  #forget(now: Instant): void {
    for (const [id, { endedAt }] of this.#lines) {
      // What is being decided ends by itself, and is limited by who asks.
      if (endedAt === undefined) continue;
      const isOld = elapsedMs(endedAt, now) > answerKeptMs;
      const isFull = this.#lines.size > answersMax || this.#length > answersLengthMax;
      if (!isOld && !isFull) return;
      this.drop(id);
    }
  }
}
