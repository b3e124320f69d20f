import type { Readable, Writable } from "node:stream";

/** One output of a command on its way to the client. */
export class CommandOutput {
  /** Resolves when all of it has been handed to the connection, or cannot be. */
  readonly sent: Promise<void>;
  readonly #source: Readable;
  readonly #target: Writable | undefined;
  #bytes = 0;
  #bytesBefore = -1;

  /** Without a `target` the output is thrown away. */
  constructor(source: Readable, target: Writable | undefined) {
    this.#source = source;
    this.#target = target;
    source.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
    });
    this.sent = new Promise((resolve) => {
      const ended = (): void => {
        if (target === undefined) resolve();
        else target.end();
      };
      source.once("end", ended).once("error", ended).once("close", ended);
      // What `end` of the source leaves in the target's queue is out at its `finish`.
      target?.once("finish", resolve).on("error", resolve).once("close", resolve);
      if (target?.destroyed === true) resolve();
      if (source.destroyed) ended();
    });
    if (target) source.pipe(target);
  }

  /**
   * To be called now and then when the process is over. A descendant of it may hold the output
   * open for ever: it is cut off if nothing came since the last call, though there was room.
   */
  review(): void {
    const isWaiting = this.#target?.writableNeedDrain === true;
    if (!isWaiting && this.#bytes === this.#bytesBefore) this.#source.destroy();
    this.#bytesBefore = this.#bytes;
  }
}
