import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { CommandOutput } from "./command-output.ts";

/** A client that takes one chunk at a time, each when it is told to. */
class SlowClient extends Writable {
  readonly chunks: string[] = [];
  #take: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take = () => {
      this.chunks.push(chunk.toString());
      done();
    };
  }

  take(): void {
    this.#take?.();
  }
}

describe("CommandOutput", () => {
  test("is sent only when the slowest client has been handed everything", async () => {
    const source = new PassThrough();
    const client = new SlowClient();
    const output = new CommandOutput(source, client);
    let isSent = false;
    const sent = output.sent.then(() => {
      isSent = true;
      return isSent;
    });
    for (const text of ["a", "b", "c"]) source.write(text);
    source.end();
    for (let count = 0; count < 3; count += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      assert(!isSent, `after ${count} chunks`);
      client.take();
    }
    assert(await sent);
    assert.equal(client.chunks.join(""), "abc");
  });

  test("is cut off if it stays open and says nothing, but not if the client is slow", async () => {
    const client = new SlowClient({ highWaterMark: 1 });
    const source = new PassThrough();
    const output = new CommandOutput(source, client);
    source.write("x");
    await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 3; count += 1) output.review();
    assert(!source.destroyed);
    client.take();
    await new Promise((resolve) => setImmediate(resolve));
    output.review();
    assert(source.destroyed);
    await output.sent;
  });

  test("is thrown away without a client, and given up with one that is gone", async () => {
    const source = new PassThrough();
    const output = new CommandOutput(source, undefined);
    source.end(Buffer.alloc(1_000_000));
    await output.sent;
    const gone = new SlowClient();
    gone.destroy();
    await new CommandOutput(new PassThrough(), gone).sent;
  });
});
