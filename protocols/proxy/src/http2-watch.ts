import { bytesOf } from "./ascii.ts";
import { http2Preface } from "./sniff.ts";

/** What has passed in one direction of an HTTP/2 connection. */
export interface Http2Counts {
  /** Streams that this direction opened: requests, if it is the client's. */
  streams: number;
  /** Streams that this direction has ended: messages, with gRPC's trailers. */
  ended: number;
  resets: number;
  goAways: number;
  frames: number;
  dataBytes: number;
}

/** Blocks of fields that are searched for gRPC's content type: it comes with the first request. */
const searchedMax = 16;

/** The content type of gRPC as a literal of HPACK, plain and in its Huffman code (RFC 7541). */
const grpcNeedles: readonly Uint8Array[] = [
  bytesOf("application/grpc"),
  Uint8Array.from([0x1d, 0x75, 0xd0, 0x62, 0x0d, 0x26, 0x3d, 0x4c, 0x4d, 0x65, 0x64]),
];

const headerBytes = 9;
const frameTypes = { data: 0, headers: 1, reset: 3, goAway: 7, continuation: 9 };
const endStreamFlag = 1;

/**
 * Follows the frames of one direction of an HTTP/2 connection (RFC 9113, section 4.1) as they
 * pass: reads nine bytes a frame, keeps nothing of what is in them.
 *
 * It can tell how many streams were opened and ended, how many were reset, whether the connection
 * is being left (GOAWAY), and whether it is gRPC. It cannot tell statuses, paths or `grpc-status`,
 * which HPACK compresses against a table that it does not keep.
 */
export class Http2Watch {
  readonly counts: Http2Counts = {
    streams: 0,
    ended: 0,
    resets: 0,
    goAways: 0,
    frames: 0,
    dataBytes: 0,
  };
  readonly #header = new Uint8Array(headerBytes);
  readonly #view = new DataView(this.#header.buffer);
  #headerSize = 0;
  #payload = 0;
  #prefaceLeft: number;
  #lastStream = 0;
  #isFieldBlock = false;
  #searched = 0;
  readonly #matched = grpcNeedles.map(() => 0);
  #isGrpc = false;
  #isLost = false;

  /** @param side - Whose bytes these are: a client's begin with the preface. */
  constructor(side: "client" | "server") {
    this.#prefaceLeft = side === "client" ? http2Preface.length : 0;
  }

  /** Whether a message with gRPC's content type has passed. */
  get isGrpc(): boolean {
    return this.#isGrpc;
  }

  /** Whether the bytes were no HTTP/2: nothing is counted any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#isLost) {
      if (this.#prefaceLeft > 0) at = this.#readPreface(chunk, at);
      else if (this.#headerSize < headerBytes) at = this.#readHeader(chunk, at);
      else at = this.#readPayload(chunk, at);
    }
  }

  #readPreface(chunk: Uint8Array, at: number): number {
    if (chunk[at] !== http2Preface[http2Preface.length - this.#prefaceLeft]) this.#isLost = true;
    this.#prefaceLeft -= 1;
    return at + 1;
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + headerBytes - this.#headerSize);
    this.#header.set(chunk.subarray(at, end), this.#headerSize);
    this.#headerSize += end - at;
    if (this.#headerSize === headerBytes) this.#begin();
    return end;
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#payload);
    if (this.#isFieldBlock && !this.#isGrpc) this.#search(chunk, at, end);
    this.#payload -= end - at;
    if (this.#payload === 0) this.#headerSize = 0;
    return end;
  }

  #begin(): void {
    const view = this.#view;
    const type = view.getUint8(3);
    this.#payload = view.getUint32(0) >>> 8;
    this.counts.frames += 1;
    this.#count(type, view.getUint8(4), view.getUint32(5) & 0x7fff_ffff);
    this.#isFieldBlock =
      (type === frameTypes.headers || type === frameTypes.continuation) &&
      this.#searched <= searchedMax;
    if (this.#payload === 0) this.#headerSize = 0;
  }

  #count(type: number, flags: number, stream: number): void {
    const { counts } = this;
    const isMessage = type === frameTypes.data || type === frameTypes.headers;
    if (stream === 0 && (isMessage || type === frameTypes.reset)) this.#isLost = true;
    if (type === frameTypes.data) counts.dataBytes += this.#payload;
    if (type === frameTypes.reset) counts.resets += 1;
    if (type === frameTypes.goAway) counts.goAways += 1;
    if (type === frameTypes.headers) this.#countHeaders(stream);
    if (isMessage && (flags & endStreamFlag) !== 0) counts.ended += 1;
  }

  #countHeaders(stream: number): void {
    this.#searched += 1;
    this.#matched.fill(0);
    // A higher number opens a stream; a lower one brings trailers, or answers.
    if (stream > this.#lastStream) {
      this.#lastStream = stream;
      this.counts.streams += 1;
    }
  }

  #search(chunk: Uint8Array, start: number, end: number): void {
    for (const [index, needle] of grpcNeedles.entries()) {
      let matched = this.#matched[index] ?? 0;
      for (let at = start; at < end && matched < needle.length; at += 1) {
        if (chunk[at] === needle[matched]) matched += 1;
        else matched = chunk[at] === needle[0] ? 1 : 0;
      }
      this.#matched[index] = matched;
      if (matched === needle.length) this.#isGrpc = true;
    }
  }
}
