import type { HttpFault } from "./http-fields.ts";

/** A head's bytes; nginx takes 32 KiB, Node 16, Envoy 60. */
export const headBytesMax = 64 * 1024;

/** What a piece of a stream gave: a whole head, the wish for more, or a fault. */
export type HeadTaken =
  | { readonly kind: "head"; readonly bytes: Uint8Array; readonly next: number }
  | { readonly kind: "more" }
  | { readonly kind: "fault"; readonly fault: HttpFault };

const more: HeadTaken = { kind: "more" };

/**
 * Gathers the head of a message: everything up to the first empty line. Lines end with CRLF and
 * nothing else. A head that comes in one piece is not copied.
 *
 * @param blankLinesMax - Empty lines dropped before the first line (RFC 9112, section 2.2).
 */
export class HeadBuffer {
  readonly #blankLinesMax: number;
  #held = new Uint8Array(0);
  #size = 0;
  #lineStart = 0;
  #blankLines = 0;

  constructor(blankLinesMax: number) {
    this.#blankLinesMax = blankLinesMax;
  }

  /** Bytes of a head that is not whole yet. */
  get size(): number {
    return this.#size;
  }

  /** Reads `chunk` from `at`; after `head` the rest of the chunk starts at `next`. */
  take(chunk: Uint8Array, at: number): HeadTaken {
    let start = at;
    let from = at;
    for (;;) {
      const lineFeed = chunk.indexOf(10, from);
      if (lineFeed < 0) return this.#keep(chunk, start);
      const before = lineFeed > start ? chunk[lineFeed - 1] : this.#held[this.#size - 1];
      if (before !== 13 || this.#size + lineFeed - start === 0) return faultOf(400, "bare LF");
      const position = this.#size + lineFeed - start;
      if (position >= headBytesMax) return faultOf(431, "head too large");
      const isEmpty = position - 1 === this.#lineStart;
      from = lineFeed + 1;
      if (isEmpty && this.#lineStart > 0) return this.#finish(chunk, start, from);
      this.#lineStart = position + 1;
      if (!isEmpty) continue;
      this.#blankLines += 1;
      if (this.#blankLines > this.#blankLinesMax) return faultOf(400, "empty line first");
      this.#reset();
      start = from;
    }
  }

  #keep(chunk: Uint8Array, start: number): HeadTaken {
    const length = chunk.length - start;
    const size = this.#size + length;
    if (size > headBytesMax) return faultOf(431, "head too large");
    if (size > this.#held.length) {
      const larger = new Uint8Array(Math.max(size, this.#held.length * 2, 512));
      larger.set(this.#held.subarray(0, this.#size));
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(start), this.#size);
    this.#size = size;
    return more;
  }

  #finish(chunk: Uint8Array, start: number, next: number): HeadTaken {
    let bytes = chunk.subarray(start, next);
    if (this.#size > 0) {
      bytes = new Uint8Array(this.#size + next - start);
      bytes.set(this.#held.subarray(0, this.#size));
      bytes.set(chunk.subarray(start, next), this.#size);
      this.#held = new Uint8Array(0);
    }
    this.#reset();
    this.#blankLines = 0;
    return { kind: "head", bytes, next };
  }

  #reset(): void {
    this.#size = 0;
    this.#lineStart = 0;
  }
}

function faultOf(status: 400 | 431, reason: string): HeadTaken {
  return { kind: "fault", fault: { status, reason } };
}
