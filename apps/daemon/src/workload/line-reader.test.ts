import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { LineReader } from "./line-reader.ts";

describe("LineReader", () => {
  let [nowMs, stepMs] = [0, 0];
  const open = (rate = { perSecond: 1000, burst: 1000 }) => {
    const [near, far] = duplexPair();
    const lines: string[] = [];
    const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>();
    const onLine = (line: string): number => lines.push(line);
    const reader = new LineReader(near, {
      lineBytesMax: 10,
      rate,
      onLine,
      onEnd,
      nowMs: () => (nowMs += stepMs),
    });
    return { near, far, lines, ended: ended.finally(() => reader.close()) };
  };

  test("gives lines however they are cut", async () => {
    const { far, lines, ended } = open();
    for (const part of ["on", "e\ntwo\nth", "ree\n", "\n", "left"]) far.write(part);
    far.end();
    assert.equal(await ended, "ended");
    assert.deepEqual(lines, ["one", "two", "three", ""]);
  });

  test("ends at a line that is too long", async () => {
    const { far, lines, ended } = open();
    far.write("short\n01234567890123\nafter\n");
    assert.equal(await ended, "line too long");
    assert.deepEqual(lines, ["short"]);
  });

  test("takes no more than its rate, and loses nothing", async () => {
    const { near, far, lines, ended } = open({ perSecond: 1000, burst: 2 });
    far.end("a\n".repeat(20));
    await once(near, "readable");
    assert.equal(lines.length, 2, "the rest waits");
    stepMs = 1000;
    assert.equal(await ended, "ended");
    assert.equal(lines.length, 20);
  });
});
