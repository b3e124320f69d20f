import { assert } from "@beemesh/base";
import type { CarrierRefusal, Opening } from "./opening.ts";

/**
 * A frame is one byte of type, three bytes of length (big-endian), and as many bytes:
 *
 *     OPEN      1   JSON of an Opening        client, first
 *     ACCEPTED  2   nothing                   server, answers OPEN
 *     REFUSED   3   JSON of a CarrierRefusal  server, answers OPEN
 *     DATA      4   bytes; of UDP one datagram
 *     END       5   nothing                   the sender sends no more
 *     RESET     6   nothing                   the sender sends no more and reads no more
 */
export const frameType = { open: 1, accepted: 2, refused: 3, data: 4, end: 5, reset: 6 } as const;

/** Bytes before the body of a frame. */
export const headerBytes = 4;

/** Bytes of one DATA frame: what a sidecar reads at once, four times over. */
export const dataLengthMax = 256 * 1024;

/** Bytes of OPEN and REFUSED; both hold a few short names. */
export const textBytesMax = 4096;

/** Asks the other sidecar for a connection. */
export function openFrame(opening: Opening): Uint8Array {
  const { protocol, port, service, traceparent } = opening;
  return textFrame(frameType.open, JSON.stringify({ protocol, port, service, traceparent }));
}

/** Says that the application is connected. */
export function acceptedFrame(): Uint8Array {
  return header(frameType.accepted, 0);
}

/** Says that there is no connection, and why. */
export function refusedFrame({ cause, reason }: CarrierRefusal): Uint8Array {
  return textFrame(frameType.refused, JSON.stringify({ cause, reason }));
}

/** What stands before `length` bytes of the application; `length` is 0 to `dataLengthMax`. */
export function dataHeader(length: number): Uint8Array {
  assert(length <= dataLengthMax, "a DATA frame is within its limit");
  return header(frameType.data, length);
}

/** Says that the sender's application sends no more. */
export function endFrame(): Uint8Array {
  return header(frameType.end, 0);
}

/** Says that the sender's application broke off. */
export function resetFrame(): Uint8Array {
  return header(frameType.reset, 0);
}

/** Writes {@link dataHeader} to the beginning of an array that the data follows in. */
export function writeDataHeader(target: Uint8Array, length: number): void {
  assert(length <= dataLengthMax, "a DATA frame is within its limit");
  writeHeader(target, frameType.data, length);
}

function header(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  writeHeader(bytes, type, length);
  return bytes;
}

function writeHeader(target: Uint8Array, type: number, length: number): void {
  target[0] = type;
  target[1] = length >>> 16;
  target[2] = length >>> 8;
  target[3] = length;
}

/** JSON in ASCII, for which nothing but the language is needed. */
function textFrame(type: number, json: string): Uint8Array {
  const text = Array.from({ length: json.length }, (_, index) => asciiOf(json, index)).join("");
  assert(text.length <= textBytesMax, "OPEN and REFUSED are within their limit");
  const bytes = new Uint8Array(headerBytes + text.length);
  bytes.set(header(type, text.length));
  for (let index = 0; index < text.length; index += 1) {
    bytes[headerBytes + index] = text.charCodeAt(index);
  }
  return bytes;
}

/** One UTF-16 unit as JSON in ASCII has it: a bee is two units. */
function asciiOf(json: string, index: number): string {
  const unit = json.charCodeAt(index);
  return unit < 0x80 ? json.charAt(index) : `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** The text of OPEN or REFUSED; undefined if it is no ASCII. */
export function textOfFrame(bytes: Uint8Array): string | undefined {
  let text = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
