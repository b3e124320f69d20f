/** Bytes of the length, big-endian, before each frame. */
const headerBytes = 4;

/** A frame as it travels: its length, then its bytes. */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(headerBytes + body.length);
  frame.writeUInt32BE(body.length);
  frame.set(body, headerBytes);
  return frame;
}

/**
 * Cuts a stream of bytes into frames. A frame that says it is longer than `sizeBytesMax` is found
 * out by its header, before anything is kept for it.
 */
export class FrameReader {
  readonly #sizeBytesMax: number;
  readonly #onFrame: (body: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #wantedBytes = headerBytes;
  #inBody = false;

  constructor(sizeBytesMax: number, onFrame: (body: Uint8Array) => void) {
    this.#sizeBytesMax = sizeBytesMax;
    this.#onFrame = onFrame;
  }

  /** Takes what came. False once a frame is too large: the stream cannot be read any further. */
  push(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    while (this.#heldBytes >= this.#wantedBytes) {
      if (!this.#advance(this.#take(this.#wantedBytes))) return false;
    }
    return true;
  }

  /** Whether a frame has begun and not ended: a stream that ends now was cut. */
  get isWithinFrame(): boolean {
    return this.#inBody || this.#heldBytes > 0;
  }

  #advance(bytes: Uint8Array): boolean {
    if (this.#inBody) {
      this.#inBody = false;
      this.#wantedBytes = headerBytes;
      this.#onFrame(bytes);
      return true;
    }
    const sizeBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (sizeBytes > this.#sizeBytesMax) return false;
    this.#inBody = true;
    this.#wantedBytes = sizeBytes;
    return true;
  }

  #take(count: number): Uint8Array {
    const [first] = this.#chunks;
    const held = first?.length === this.#heldBytes ? first : Buffer.concat(this.#chunks);
    this.#chunks = held.length > count ? [held.subarray(count)] : [];
    this.#heldBytes -= count;
    return held.subarray(0, count);
  }
}
