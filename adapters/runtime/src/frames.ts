import { Transform, type TransformCallback } from "node:stream";

/** Bytes before each piece of output: stream number, three zeros, length in big-endian order. */
const headerBytes = 8;

/** Nobody sends such a piece: a length above this means that the bytes are no frames. */
const frameBytesMax = 16 * 1024 * 1024;

/**
 * Takes apart what a container engine sends when a process has no terminal: pieces of its output
 * and of its error output, each behind a header. What comes out of the transform is the standard
 * output (stream 1); the rest goes to `onErrorOutput`.
 *
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerAttach
 */
export class FrameSplitter extends Transform {
  readonly #onErrorOutput: (piece: Buffer) => void;
  #waiting: Buffer = Buffer.alloc(0);

  constructor(onErrorOutput: (piece: Buffer) => void) {
    super();
    this.#onErrorOutput = onErrorOutput;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    let rest = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    while (rest.length >= headerBytes) {
      const length = rest.readUInt32BE(4);
      if (length > frameBytesMax) {
        done(new RangeError(`Cannot read output: a frame of ${length} bytes`));
        return;
      }
      if (rest.length < headerBytes + length) break;
      const piece = rest.subarray(headerBytes, headerBytes + length);
      if (rest[0] === 1) this.push(piece);
      else if (length > 0) this.#onErrorOutput(piece);
      rest = rest.subarray(headerBytes + length);
    }
    this.#waiting = rest;
    done();
  }
}
