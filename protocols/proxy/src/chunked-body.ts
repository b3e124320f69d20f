import { unreachable } from "@beemesh/base";
import { ChunkExtension } from "./chunk-extension.ts";
import type { HttpFault } from "./http-fields.ts";
import { Trailers } from "./trailers.ts";

/** Digits of a chunk's size: 16 TB in one chunk, and still exact as a number. */
const sizeDigitsMax = 11;

/** Bytes of extensions in one message; nobody uses them but for attacks (CVE-2023-39326). */
const extensionBytesMax = 16 * 1024;

type State = "size" | "extension" | "sizeEnd" | "data" | "dataCr" | "dataLf" | "trailers";

/** Follows a body in chunks (RFC 9112, section 7.1) to its end, trailers included. */
export class ChunkedBody {
  #state: State = "size";
  #remaining = 0;
  #digits = 0;
  #extension = new ChunkExtension();
  #extensionBytes = 0;
  readonly #trailers = new Trailers();
  #fault: HttpFault | undefined;

  get isDone(): boolean {
    return this.#trailers.isDone;
  }

  get fault(): HttpFault | undefined {
    return this.#fault ?? this.#trailers.fault;
  }

  /** The index after what belongs to the body; at a fault, of the byte that is wrong. */
  follow(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && !this.isDone) {
      if (this.#state === "data") {
        const length = Math.min(this.#remaining, bytes.length - at);
        this.#remaining -= length;
        at += length;
        if (this.#remaining === 0) this.#state = "dataCr";
        continue;
      }
      this.#step(bytes[at] ?? 0);
      if (this.fault !== undefined) return at;
      at += 1;
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case "size":
        return this.#onSize(byte);
      case "extension":
        return this.#onExtension(byte);
      case "sizeEnd":
        return this.#want(byte, 10, this.#remaining === 0 ? "trailers" : "data");
      case "data":
      case "dataCr":
        return this.#want(byte, 13, "dataLf");
      case "dataLf":
        this.#digits = 0;
        return this.#want(byte, 10, "size");
      case "trailers":
        return this.#trailers.step(byte);
      default:
        return unreachable(this.#state);
    }
  }

  #onSize(byte: number): void {
    const digit = hexOf(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#remaining = this.#remaining * 16 + digit;
      if (this.#digits > sizeDigitsMax) this.#fail("chunk size too large");
    } else if (this.#digits === 0) this.#fail("no chunk size");
    else if (byte === 59) this.#beginExtension();
    else this.#want(byte, 13, "sizeEnd");
  }

  #beginExtension(): void {
    this.#state = "extension";
    this.#extension = new ChunkExtension();
  }

  #onExtension(byte: number): void {
    this.#extensionBytes += 1;
    if (byte === 13 && this.#extension.isWhole) this.#state = "sizeEnd";
    else if (!this.#extension.step(byte)) this.#fail("malformed chunk extension");
    else if (this.#extensionBytes > extensionBytesMax) this.#fail("chunk extensions too large");
  }

  #want(byte: number, wanted: 10 | 13, next: State): void {
    if (byte === wanted) this.#state = next;
    else this.#fail("malformed chunk");
  }

  #fail(reason: string): void {
    this.#fault = { status: 400, reason };
  }
}

function hexOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
