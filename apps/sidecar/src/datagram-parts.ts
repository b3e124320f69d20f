import { payloadBytesMax } from "@beemesh/packets";

/** Puts datagrams together whose DATA frames came in parts. */
export class DatagramParts {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** The whole datagram with its last part; undefined before, and of one that is too long. */
  add(bytes: Uint8Array, isLast: boolean): Uint8Array | undefined {
    this.#length += bytes.length;
    if (isLast && this.#parts.length === 0) {
      this.#length = 0;
      return bytes.length <= payloadBytesMax ? bytes : undefined;
    }
    if (this.#length <= payloadBytesMax) this.#parts.push(Uint8Array.from(bytes));
    if (!isLast) return undefined;
    const whole = this.#length <= payloadBytesMax ? Buffer.concat(this.#parts) : undefined;
    this.#parts = [];
    this.#length = 0;
    return whole;
  }
}
