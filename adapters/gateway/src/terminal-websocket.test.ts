import assert from "node:assert/strict";
import { test } from "node:test";
import { readSize } from "./terminal-websocket.ts";

// The channels themselves are tested with real clients, in tunnel.test.ts and kubectl.test.ts.
test("readSize reads a window's size and refuses what is none", () => {
  assert.deepEqual(readSize(Buffer.from('{"Width":80,"Height":24}')), [80, 24]);
  for (const text of ["", "{}", "[80,24]", '{"Width":-1,"Height":2}', '{"Width":1e9,"Height":2}']) {
    assert.equal(readSize(Buffer.from(text)), undefined, text);
  }
  assert.equal(readSize(Buffer.from(`{"Width":1,"Height":2${" ".repeat(300)}}`)), undefined);
});
