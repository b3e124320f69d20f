/** One value of a message as it stands on the wire. */
export type WireValue =
  | { readonly kind: "varint"; readonly integer: bigint }
  | { readonly kind: "fixed64"; readonly double: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/**
 * Reads the fields of one protobuf message, in the order in which they stand.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether the bytes ended in the middle of a field, or held what no message holds. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The next field; undefined at the end, or where the bytes are broken. */
  next(): { readonly number: number; readonly value: WireValue } | undefined {
    while (this.#at < this.#bytes.length && !this.#isBroken) {
      const tag = this.#varint();
      const number = Number(tag >> 3n);
      const value = this.#value(Number(tag & 7n));
      if (this.#isBroken) return undefined;
      if (value !== undefined) return { number, value };
    }
    return undefined;
  }

  #value(wireType: number): WireValue | undefined {
    if (wireType === 0) return { kind: "varint", integer: BigInt.asIntN(64, this.#varint()) };
    if (wireType === 1) {
      const bytes = this.#take(8);
      return this.#isBroken ? undefined : { kind: "fixed64", double: doubleOf(bytes) };
    }
    if (wireType === 2) return { kind: "bytes", bytes: this.#take(Number(this.#varint())) };
    if (wireType === 5) this.#take(4);
    else this.#isBroken = true;
    return undefined;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#isBroken = true;
    return 0n;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) this.#isBroken = true;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function doubleOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}
