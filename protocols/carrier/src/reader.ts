import { dataLengthMax, frameType, headerBytes, textBytesMax, textOfFrame } from "./frame.ts";
import { type CarrierRefusal, type Opening, readCarrierRefusal, readOpening } from "./opening.ts";

/** A frame without a body. */
export type CarrierSignal = "accepted" | "end" | "reset";

/** Takes what a reader finds, in the order in which it was sent. */
export interface CarrierSink {
  onOpen(opening: Opening): void;
  onRefused(refusal: CarrierRefusal): void;
  onSignal(signal: CarrierSignal): void;
  /**
   * Bytes of one DATA frame: a part of the chunk that was read, not a copy. `isLast` says that
   * the frame ends here.
   */
  onData(bytes: Uint8Array, isLast: boolean): void;
}

const signals: Readonly<Record<number, CarrierSignal>> = {
  [frameType.accepted]: "accepted",
  [frameType.end]: "end",
  [frameType.reset]: "reset",
};

/**
 * Reads frames from chunks of any size. DATA is passed on as it comes, in parts if its frame is in
 * several chunks: nothing of it is kept or copied. Of the other frames, which are small, what is
 * incomplete waits for the rest.
 */
export class CarrierReader {
  readonly #sink: CarrierSink;
  /** The type of the frame that is being read; 0 while its header is. */
  #type = 0;
  /** Bytes that the frame still lacks. */
  #missing = 0;
  #header = 0;
  #headerLength = 0;
  #text: number[] = [];
  #isBroken = false;

  constructor(sink: CarrierSink) {
    this.#sink = sink;
  }

  /** Whether the last chunk ended with a frame. */
  get isBetweenFrames(): boolean {
    return this.#type === 0 && this.#headerLength === 0;
  }

  /**
   * Reads the next chunk.
   *
   * @returns False if it, or one before it, is malformed; what stood before the fault is passed on.
   */
  read(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.#isBroken) {
      if (this.#type === 0) at = this.#readHeader(chunk, at);
      else if (this.#type === frameType.data) at = this.#readData(chunk, at);
      else at = this.#readText(chunk, at);
    }
    return !this.#isBroken;
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    while (at < chunk.length && this.#headerLength < headerBytes) {
      this.#header = this.#header * 256 + (chunk[at] ?? 0);
      this.#headerLength += 1;
      at += 1;
    }
    if (this.#headerLength === headerBytes) {
      const header = this.#header;
      this.#header = 0;
      this.#headerLength = 0;
      this.#begin(header >>> 24, header % 0x1000000, chunk, at);
    }
    return at;
  }

  #begin(type: number, length: number, chunk: Uint8Array, at: number): void {
    const signal = signals[type];
    if (signal !== undefined) {
      if (length === 0) this.#sink.onSignal(signal);
      else this.#isBroken = true;
    } else if (type === frameType.data && length <= dataLengthMax) {
      // A datagram may be empty.
      if (length === 0) this.#sink.onData(chunk.subarray(at, at), true);
      else this.#expect(type, length);
    } else {
      const isText = type === frameType.open || type === frameType.refused;
      if (isText && length > 0 && length <= textBytesMax) this.#expect(type, length);
      else this.#isBroken = true;
    }
  }

  #expect(type: number, length: number): void {
    this.#type = type;
    this.#missing = length;
  }

  #readData(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + this.#missing);
    this.#missing -= end - start;
    const isLast = this.#missing === 0;
    if (isLast) this.#type = 0;
    this.#sink.onData(chunk.subarray(start, end), isLast);
    return end;
  }

  #readText(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + this.#missing);
    for (let at = start; at < end; at += 1) this.#text.push(chunk[at] ?? 0);
    this.#missing -= end - start;
    if (this.#missing === 0) this.#endText();
    return end;
  }

  #endText(): void {
    const text = textOfFrame(Uint8Array.from(this.#text)) ?? "";
    const type = this.#type;
    this.#text = [];
    this.#type = 0;
    if (type === frameType.open) {
      const opening = readOpening(text);
      if (opening === undefined) this.#isBroken = true;
      else this.#sink.onOpen(opening);
    } else {
      const refusal = readCarrierRefusal(text);
      if (refusal === undefined) this.#isBroken = true;
      else this.#sink.onRefused(refusal);
    }
  }
}
