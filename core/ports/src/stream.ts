/**
 * Byte streams of the host, named here without their host: Node's own streams fit these.
 * Inner rings never touch them; they only pass from one adapter to another, which check with
 * `instanceof` that they are Node's.
 */
export interface Readable {
  destroy(error?: Error): unknown;
}

export interface Writable {
  write(chunk: Uint8Array | string): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
}

export interface Duplex extends Writable {
  destroy(error?: Error): unknown;
}
