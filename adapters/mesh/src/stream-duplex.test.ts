import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { after, describe, test } from "node:test";
import { Loopback, until } from "./loopback.ts";
import { toDuplex } from "./stream-duplex.ts";

/** All that can be read; unlike the consumers of Node it leaves the other direction open. */
async function textOf(stream: Duplex): Promise<string> {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(stream, "end");
  return text;
}

describe("a stream as a Duplex", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  test("ends one direction alone", async () => {
    const [one, other] = (await loopback.streams()).map(toDuplex);
    assert(one && other);
    one.end("question");
    assert.equal(await textOf(other), "question");
    other.end("answer");
    assert.equal(await textOf(one), "answer");
  });

  test("slows the writer to the reader's pace, and loses nothing", async () => {
    const [one, other] = (await loopback.streams()).map(toDuplex);
    assert(one && other);
    const total = 20_000_000;
    const chunk = Buffer.alloc(100_000, 1);
    let written = 0;
    const write = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!one.write(chunk)) {
          one.once("drain", write);
          return;
        }
      }
      one.end();
    };
    write();
    await until(() => one.writableNeedDrain, "the writer must wait");
    assert(written < total / 2, "for nobody reads");
    let read = 0;
    other.on("data", (bytes: Buffer) => {
      read += bytes.length;
    });
    await once(other, "end");
    other.end();
    assert.equal(read, total);
  });

  test("tells the other side when it is destroyed", async () => {
    const [one, other] = (await loopback.streams()).map(toDuplex);
    assert(one && other);
    one.destroy();
    const [error] = await once(other, "error");
    assert(error instanceof Error);
  });
});
