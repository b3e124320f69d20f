/** Writes protobuf messages, field by field. */
import { utf8 } from "./encoding.ts";

/** Source: https://protobuf.dev/programming-guides/encoding/ */
const wireTypes = { varint: 0, fixed64: 1, bytes: 2 } as const;

export class ProtobufWriter {
  #buffer = new Uint8Array(64);
  #length = 0;

  /** What was written so far; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  bool(number: number, value: boolean): void {
    this.#tag(number, wireTypes.varint);
    this.#varint(value ? 1 : 0);
  }

  /** A whole number from 0. */
  integer(number: number, value: number): void {
    this.#tag(number, wireTypes.varint);
    this.#varint(value);
  }

  double(number: number, value: number): void {
    this.#tag(number, wireTypes.fixed64);
    const octets = new Uint8Array(8);
    new DataView(octets.buffer).setFloat64(0, value, true);
    this.#append(octets);
  }

  text(number: number, value: string): void {
    const bytes = utf8(value);
    this.#tag(number, wireTypes.bytes);
    this.#varint(bytes.length);
    this.#append(bytes);
  }

  /** A message inside of this one. */
  message(number: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#tag(number, wireTypes.bytes);
    this.#varint(inner.#length);
    this.#append(inner.bytes);
  }

  #tag(number: number, wireType: number): void {
    this.#varint(number * 8 + wireType);
  }

  #varint(value: number): void {
    const octets: number[] = [];
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest % 0x80) | 0x80);
    octets.push(rest);
    this.#append(octets);
  }

  #append(octets: ArrayLike<number>): void {
    const length = this.#length + octets.length;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      grown.set(this.bytes);
      this.#buffer = grown;
    }
    this.#buffer.set(octets, this.#length);
    this.#length = length;
  }
}
