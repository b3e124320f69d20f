/**
 * Bytes that come together in a block of their own. A socket's chunk may be a sliver of a large
 * slab, which a reference to the sliver would keep alive.
 */
const blockBytes = 4096;

/** Smaller pieces than this are copied: the copy costs less than an object for each. */
const copyBytesMax = 1024;

/** Bytes kept for later, in order. What it holds is at most a little more than what was pushed. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Room left in the last piece, if that is a block of our own. */
  #block: Uint8Array | undefined;
  #blockUsed = 0;

  get size(): number {
    return this.#size;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (bytes.length > copyBytesMax) {
      this.#seal();
      this.#pieces.push(bytes);
      return;
    }
    if (this.#block === undefined || this.#blockUsed + bytes.length > blockBytes) {
      this.#seal();
      this.#block = new Uint8Array(blockBytes);
    }
    this.#block.set(bytes, this.#blockUsed);
    this.#blockUsed += bytes.length;
  }

  /** The pieces so far; the queue keeps them too. */
  pieces(): readonly Uint8Array[] {
    const open = this.#block?.subarray(0, this.#blockUsed);
    return open === undefined ? this.#pieces : [...this.#pieces, open];
  }

  /** The pieces so far; the queue is empty afterwards. */
  take(): readonly Uint8Array[] {
    const pieces = this.pieces();
    this.clear();
    return pieces;
  }

  clear(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#block = undefined;
    this.#blockUsed = 0;
  }

  #seal(): void {
    if (this.#block !== undefined) this.#pieces.push(this.#block.subarray(0, this.#blockUsed));
    this.#block = undefined;
    this.#blockUsed = 0;
  }
}
