import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Outbox } from "./outbox.ts";

const limits = { queueBytesMax: 10, queueMessagesMax: 3, queueAgeMsMax: 100 };

function body(length: number, mark: number): Uint8Array {
  return new Uint8Array(length).fill(mark);
}

test("an outbox gives what it took in order, and drops the oldest when it is full", () => {
  const outbox = new Outbox(limits);
  assert.equal(outbox.push(body(1, 1), instantAt(0)), 0);
  assert.equal(outbox.push(body(8, 2), instantAt(0)), 0);
  assert.equal(outbox.push(body(2, 3), instantAt(0)), 1, "bytes");
  assert.equal(outbox.push(body(0, 4), instantAt(0)), 0);
  assert.equal(outbox.push(body(0, 5), instantAt(0)), 1, "messages");
  assert.equal(outbox.take()?.[0], 3);
  assert.equal(outbox.take()?.length, 0);
  assert.equal(outbox.take()?.length, 0);
  assert.equal(outbox.take(), undefined);
  assert(outbox.isEmpty);
});

test("an outbox forgets what is too old", () => {
  const outbox = new Outbox(limits);
  outbox.push(body(1, 1), instantAt(0));
  outbox.push(body(1, 2), instantAt(80));
  assert.equal(outbox.expire(instantAt(150)), 1);
  assert.equal(outbox.take()?.[0], 2);
});
