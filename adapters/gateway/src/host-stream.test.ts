import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { hostDuplex, hostReadable, hostWritable } from "./host-stream.ts";

test("host streams are passed through and others refused", () => {
  const stream = new PassThrough();
  assert.equal(hostReadable(stream), stream);
  assert.equal(hostWritable(stream), stream);
  assert.equal(hostDuplex(stream), stream);
  const foreign = {
    on: () => undefined,
    write: () => true,
    end: () => undefined,
    destroy: () => undefined,
  };
  for (const host of [hostReadable, hostWritable, hostDuplex]) {
    assert.throws(() => host(foreign), { code: "stream-foreign" });
  }
});
