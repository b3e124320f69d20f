import assert from "node:assert/strict";
import { test } from "node:test";
import { Message, unixAddress } from "./message.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("a message holds the descriptor that was attached to it", { skip }, () => {
  const message = new Message(Buffer.from("x"), unixAddress("/tmp/a"));
  assert.deepEqual(message.descriptors, []);
  message.attach(7);
  assert.deepEqual(message.descriptors, [7]);
  assert.equal(message.flags, 0);
  assert.equal(
    message.with(({ length }) => length),
    56,
  );
});

test("an address of a Unix socket has its path, ended by a zero", () => {
  const address = unixAddress("/tmp/a");
  assert.equal(address.readUInt16LE(0), 1);
  assert.equal(address.subarray(2, 9).toString("latin1"), "/tmp/a\0");
  assert.equal(unixAddress(`/${"x".repeat(106)}`).at(-1), 0);
  for (const path of ["", `/${"x".repeat(107)}`, "/tmp/a\0b", `/${"é".repeat(60)}`])
    assert.throws(() => unixAddress(path), { code: "kernel-refused" });
});
