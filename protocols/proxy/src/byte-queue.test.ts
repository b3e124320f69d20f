import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinBytes } from "./ascii.ts";
import { ByteQueue } from "./byte-queue.ts";

test("a queue gives what was pushed, in order, whatever the pieces' sizes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (pieces) => {
      const queue = new ByteQueue();
      for (const piece of pieces) queue.push(piece);
      const whole = joinBytes(pieces);
      assert.equal(queue.size, whole.length);
      assert.deepEqual(Uint8Array.from(joinBytes(queue.pieces())), whole);
      assert.deepEqual(Uint8Array.from(joinBytes(queue.take())), whole);
      assert.equal(queue.size, 0);
      assert.deepEqual(queue.pieces(), []);
    }),
  );
});

test("slivers of large slabs are copied together, so that the slabs can go", () => {
  const queue = new ByteQueue();
  for (let count = 0; count < 4096; count += 1) queue.push(new Uint8Array(65_536).subarray(0, 1));
  assert.equal(queue.pieces().length, 1);
  assert.equal(queue.pieces()[0]?.buffer.byteLength, 4096);
});
