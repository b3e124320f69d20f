import { labelBytesMax, nameBytesMax } from "./wire-name.ts";

/** Pointers of compression reach this far into a message. */
const pointerMax = 0x3f_ff;

/**
 * Writes a message of DNS into a bounded space. What does not fit is not written, and is undone
 * record by record: see {@link attempt}.
 */
export class MessageWriter {
  readonly #bytes: Uint8Array;
  #length = 0;
  #isOverflown = false;
  /** Where each name that was written begins, and each of its ends, in order. */
  readonly #names = new Map<string, number>();

  /** @param sizeMax - Bytes of the whole message. */
  constructor(sizeMax: number) {
    this.#bytes = new Uint8Array(sizeMax);
  }

  get length(): number {
    return this.#length;
  }

  /** Writes by `write`; if that does not fit or gives false, nothing was written. */
  attempt(write: () => boolean): boolean {
    const before = this.#length;
    if (write() && !this.#isOverflown) return true;
    this.#length = before;
    this.#isOverflown = false;
    for (const [name, offset] of this.#names) {
      if (offset >= before) this.#names.delete(name);
    }
    return false;
  }

  /** A whole number of one, two or four bytes. */
  number(value: number, size: 1 | 2 | 4): void {
    for (let index = size - 1; index >= 0; index -= 1) {
      this.#byte(Math.floor(value / 256 ** index) % 256);
    }
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#byte(byte);
  }

  /** Sets two bytes that were written before. */
  patch(offset: number, value: number): void {
    this.#bytes[offset] = value >> 8;
    this.#bytes[offset + 1] = value & 255;
  }

  /** Takes note that a name stands at an offset. */
  noteName(name: string, offset: number): void {
    let at = offset;
    for (let rest = name; rest !== ""; rest = parentOf(rest)) {
      if (at <= pointerMax && !this.#names.has(rest)) this.#names.set(rest, at);
      at += labelOf(rest).length + 1;
    }
  }

  /**
   * A name, as a pointer to where it or its end was written before if `isCompressed`.
   *
   * @returns false if the text is no name.
   */
  name(name: string, isCompressed = true): boolean {
    const labels = name === "" ? [] : name.split(".");
    if (name.length + 2 > nameBytesMax) return false;
    if (!labels.every(({ length }) => length > 0 && length <= labelBytesMax)) return false;
    for (let rest = name; rest !== ""; rest = parentOf(rest)) {
      const known = isCompressed ? this.#names.get(rest) : undefined;
      if (known !== undefined) {
        this.number(0xc0_00 + known, 2);
        return true;
      }
      if (this.#length <= pointerMax && !this.#names.has(rest)) this.#names.set(rest, this.#length);
      const label = labelOf(rest);
      this.#byte(label.length);
      for (let index = 0; index < label.length; index += 1) this.#byte(label.charCodeAt(index));
    }
    this.#byte(0);
    return true;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #byte(value: number): void {
    if (this.#length >= this.#bytes.length) {
      this.#isOverflown = true;
      return;
    }
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }
}

function labelOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? name : name.slice(0, dot);
}

function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
