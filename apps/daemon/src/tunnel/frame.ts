/**
 * Frames of a session between two machines: what the gateway of one machine and a container on
 * another say to each other over one stream.
 *
 *     ┌─────────┬──────────────────┬─────────┐
 *     │ channel │ length, 4 bytes  │ payload │
 *     └─────────┴──────────────────┴─────────┘
 */
import { Buffer } from "node:buffer";

/** What a frame carries; the numbers are on the wire. */
export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  exit: 3,
  resize: 4,
  stdinEnd: 5,
} as const;

/** One of {@link channels}. */
export type Channel = (typeof channels)[keyof typeof channels];

export interface Frame {
  readonly channel: Channel;
  readonly payload: Buffer;
}

/** The longest payload: what a pipe gives at a time, with room. Longer is cut by the sender. */
export const payloadBytesMax = 256 * 1024;

const headerBytes = 5;
const known: ReadonlySet<number> = new Set(Object.values(channels));

/** Writes one frame, or several if the payload is long. */
export function encodeFrames(channel: Channel, payload: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start === 0 || start < payload.length; start += payloadBytesMax) {
    const part = payload.subarray(start, start + payloadBytesMax);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(channel, 0);
    header.writeUInt32BE(part.length, 1);
    parts.push(header, Buffer.from(part));
  }
  return Buffer.concat(parts);
}

/** Cuts a stream of bytes into frames. Holds at most one frame. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The frames that a chunk completes; undefined if the other side breaks the form. */
  read(chunk: Uint8Array): Frame[] | undefined {
    this.#held = Buffer.concat([this.#held, chunk]);
    const frames: Frame[] = [];
    while (this.#held.length >= headerBytes) {
      const channel = this.#held.readUInt8(0);
      const length = this.#held.readUInt32BE(1);
      if (!isChannel(channel) || length > payloadBytesMax) return undefined;
      const end = headerBytes + length;
      if (this.#held.length < end) break;
      frames.push({ channel, payload: this.#held.subarray(headerBytes, end) });
      this.#held = this.#held.subarray(end);
    }
    return frames;
  }
}

function isChannel(value: number): value is Channel {
  return known.has(value);
}
