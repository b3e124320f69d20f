import assert from "node:assert/strict";
import { test } from "node:test";
import { Loopback, until } from "./loopback.ts";

test("links on loopback are connected, and gone in the end", async () => {
  const loopback = new Loopback();
  const [one, other] = await loopback.links(2);
  assert(one && other);
  assert.deepEqual(one.link.peers(), [other.link.id]);
  await loopback.close();
});

test("until fails with what it waited for", async () => {
  let calls = 0;
  await until(() => (calls += 1) > 2, "three calls were made");
  assert.equal(calls, 3);
});
