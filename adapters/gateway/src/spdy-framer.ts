import { SpdyHeaderReader, type SpdyHeaders } from "./spdy-headers.ts";

/** What the framer makes of bytes, in order. After a violation nothing follows. */
export type SpdyFrame =
  | {
      readonly kind: "open";
      readonly stream: number;
      readonly headers: SpdyHeaders;
      readonly last: boolean;
    }
  /** A piece of a data frame; `last` with the final piece of the stream's final frame. */
  | {
      readonly kind: "data";
      readonly stream: number;
      readonly data: Buffer;
      readonly last: boolean;
    }
  | { readonly kind: "reset"; readonly stream: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goaway" }
  | { readonly kind: "violation"; readonly message: string };

/** Control frames carry a few headers; data frames are passed on in pieces and have no limit. */
const controlBytesMax = 16 * 1024;
const headBytes = 8;
const version = 3;
const flagFin = 1;

/** Types of control frames. Source: SPDY Protocol, draft 3.1, section 2.6. */
const controlType = { synStream: 1, rstStream: 3, ping: 6, goaway: 7, headers: 8 } as const;

/**
 * Cuts the bytes that a SPDY/3.1 client sends into frames. It keeps at most one control frame
 * (16 KiB) and the window of the header compression (32 KiB).
 */
export class SpdyFramer {
  readonly #headers = new SpdyHeaderReader();
  /** The beginning of a frame that has not come whole. */
  #rest: Buffer = Buffer.alloc(0);
  /** The data frame whose payload is coming. */
  #open: { readonly stream: number; readonly fin: boolean; bytesLeft: number } | undefined;
  #broken = false;

  read(chunk: Buffer): readonly SpdyFrame[] {
    const frames: SpdyFrame[] = [];
    let input = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (!this.#broken) {
      const used = this.#open === undefined ? this.#take(input, frames) : this.#data(input, frames);
      if (used === 0) break;
      input = input.subarray(used);
    }
    this.#rest = this.#broken ? Buffer.alloc(0) : Buffer.from(input);
    return frames;
  }

  /** Takes a control frame or the head of a data frame. @returns Bytes used, 0 if it needs more. */
  #take(input: Buffer, frames: SpdyFrame[]): number {
    if (input.length < headBytes) return 0;
    const first = input.readUInt32BE(0);
    const flags = input.readUInt8(4);
    const length = input.readUIntBE(5, 3);
    if (first < 0x8000_0000) {
      this.#open = { stream: first, fin: (flags & flagFin) !== 0, bytesLeft: length };
      if (length === 0) this.#data(Buffer.alloc(0), frames);
      return headBytes;
    }
    if (((first >>> 16) & 0x7fff) !== version) return this.#violate(frames, "it is not SPDY/3");
    if (length > controlBytesMax) return this.#violate(frames, "the control frame is too long");
    if (input.length < headBytes + length) return 0;
    const payload = input.subarray(headBytes, headBytes + length);
    const frame = this.#control(first & 0xffff, flags, payload);
    if (typeof frame === "string") return this.#violate(frames, frame);
    if (frame !== undefined) frames.push(frame);
    return headBytes + length;
  }

  /** Passes on what has come of a data frame. */
  #data(input: Buffer, frames: SpdyFrame[]): number {
    const open = this.#open;
    if (open === undefined) return 0;
    const data = input.subarray(0, open.bytesLeft);
    open.bytesLeft -= data.length;
    if (open.bytesLeft === 0) this.#open = undefined;
    const last = open.bytesLeft === 0 && open.fin;
    if (data.length > 0 || last) frames.push({ kind: "data", stream: open.stream, data, last });
    return data.length;
  }

  /** @returns The frame, undefined for one of no interest, text for a violation. */
  #control(type: number, flags: number, payload: Buffer): SpdyFrame | string | undefined {
    switch (type) {
      case controlType.synStream:
        return this.#synStream(flags, payload);
      case controlType.rstStream:
        if (payload.length !== 8) return "RST_STREAM has a wrong length";
        return { kind: "reset", stream: streamAt(payload) };
      case controlType.ping:
        if (payload.length !== 4) return "PING has a wrong length";
        return { kind: "ping", id: payload.readUInt32BE(0) };
      case controlType.goaway:
        if (payload.length !== 8) return "GOAWAY has a wrong length";
        return { kind: "goaway" };
      case controlType.headers:
        // Nobody sends these here, but the compression runs through them.
        if (payload.length < 4 || this.#headers.read(payload.subarray(4)) === undefined) {
          return "HEADERS cannot be read";
        }
        return undefined;
      default:
        // SETTINGS and WINDOW_UPDATE do not matter here; unknown types are to be ignored.
        return undefined;
    }
  }

  #synStream(flags: number, payload: Buffer): SpdyFrame | string {
    if (payload.length < 10) return "SYN_STREAM is too short";
    const headers = this.#headers.read(payload.subarray(10));
    if (headers === undefined) return "the headers of SYN_STREAM cannot be read";
    return { kind: "open", stream: streamAt(payload), headers, last: (flags & flagFin) !== 0 };
  }

  #violate(frames: SpdyFrame[], message: string): number {
    this.#broken = true;
    frames.push({ kind: "violation", message });
    return 0;
  }
}

/** The head of a data frame; its payload of `length` bytes (below 2^24) is to follow. */
export function dataHead(stream: number, length: number, last: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(last ? flagFin : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** SYN_REPLY, which accepts a stream. `block` comes from the connection's one header writer. */
export function synReplyFrame(stream: number, block: Buffer): Buffer {
  return controlFrame(2, Buffer.concat([uint32(stream), block]));
}

/** RST_STREAM; 3 refuses a stream, 5 cancels it. */
export function rstStreamFrame(stream: number, status: 3 | 5): Buffer {
  return controlFrame(controlType.rstStream, Buffer.concat([uint32(stream), uint32(status)]));
}

/** PING; one is answered by sending the same back. */
export function pingFrame(id: number): Buffer {
  return controlFrame(controlType.ping, uint32(id));
}

/** GOAWAY; status 0 is a friendly end, 1 a protocol error. */
export function goawayFrame(lastStream: number, status: 0 | 1): Buffer {
  return controlFrame(controlType.goaway, Buffer.concat([uint32(lastStream), uint32(status)]));
}

function controlFrame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function streamAt(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7fff_ffff;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
