import assert from "node:assert/strict";
import { test } from "node:test";
import { attach, descriptorsIn, flagsOf, messageOf, unixAddress } from "./message.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("a message holds the descriptor that was attached to it", { skip }, () => {
  const message = messageOf(Buffer.from("x"), unixAddress("/tmp/a"));
  assert.deepEqual(descriptorsIn(message), []);
  attach(message, 7);
  assert.deepEqual(descriptorsIn(message), [7]);
  assert.equal(flagsOf(message), 0);
});

test("an address of a Unix socket has its path, ended by a zero", () => {
  const address = unixAddress("/tmp/a");
  assert.equal(address.readUInt16LE(0), 1);
  assert.equal(address.subarray(2, 9).toString("latin1"), "/tmp/a\0");
});
