import { after, elapsedMs, type Instant } from "@beemesh/base";
import type { Answer } from "./answer.ts";

/** Questions whose answers are kept: a pod calls some dozens of names, each in a few forms. */
const entriesMax = 1024;

/** Records that are kept in all: some 2 MB, for a sidecar is to stay small. */
const recordsMax = 8192;

/** No answer is believed for longer: what is kept must be seen to change within minutes. */
const ttlSecondsMax = 300;

/** How long an answer is still better than none when nobody can be asked (RFC 8767). */
export const staleMs = 30_000;

interface Entry {
  readonly answer: Answer;
  freshUntil: Instant;
}

/** What is known of a question. */
export interface Known {
  readonly answer: Answer;
  /** Whether it is believed; else it is only better than nothing. */
  readonly isFresh: boolean;
}

/** Answers by question, the longest unused first to go. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  #records = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Records that are kept, in all answers together. */
  get records(): number {
    return this.#records;
  }

  /** Whether there is an answer, fresh or stale. */
  has(question: string, now: Instant): boolean {
    const entry = this.#entries.get(question);
    return entry !== undefined && elapsedMs(entry.freshUntil, now) < staleMs;
  }

  /** What is known, with the seconds that are left of it. */
  find(question: string, now: Instant): Known | undefined {
    const entry = this.#entries.get(question);
    if (entry === undefined) return undefined;
    const leftMs = elapsedMs(now, entry.freshUntil);
    if (leftMs <= -staleMs) {
      this.#drop(question);
      return undefined;
    }
    this.#entries.delete(question);
    this.#entries.set(question, entry);
    const ttlSeconds = Math.max(1, Math.ceil(leftMs / 1000));
    return { answer: { ...entry.answer, ttlSeconds }, isFresh: leftMs > 0 };
  }

  /** Keeps an answer for as long as it says. */
  keep(question: string, answer: Answer, now: Instant): void {
    const ttlSeconds = Math.min(answer.ttlSeconds, ttlSecondsMax);
    this.#drop(question);
    if (ttlSeconds <= 0 || answer.records.length > recordsMax) return;
    const freshUntil = after(now, ttlSeconds * 1000);
    this.#entries.set(question, { answer, freshUntil });
    this.#records += answer.records.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= entriesMax && this.#records <= recordsMax) break;
      this.#drop(oldest);
    }
  }

  /** Believes nothing any more that was known before now; it is stale from now on. */
  expire(now: Instant): void {
    for (const entry of this.#entries.values()) {
      if (entry.freshUntil > now) entry.freshUntil = now;
    }
  }

  #drop(question: string): void {
    const entry = this.#entries.get(question);
    if (entry === undefined) return;
    this.#records -= entry.answer.records.length;
    this.#entries.delete(question);
  }
}
