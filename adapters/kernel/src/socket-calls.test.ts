import assert from "node:assert/strict";
import { test } from "node:test";
import { libc } from "./libc.ts";
import { socketCalls } from "./socket-calls.ts";
import { skip } from "./stream-pair.test.ts";

test("a call that fails says so below zero, and errno says why", { skip }, () => {
  const badDescriptor = 9;
  assert.equal(socketCalls().recv(-1, 0n, 1n, 0), -1n);
  assert.equal(libc().errnoOfLast(), badDescriptor);
  assert.equal(socketCalls().errorOf(-1), -1);
  assert.equal(socketCalls().shutdown(-1, 1), -1);
  assert.equal(libc().errnoOfLast(), badDescriptor);
});
