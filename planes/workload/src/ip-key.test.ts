import assert from "node:assert/strict";
import { test } from "node:test";
import { ipKey, isSix } from "./ip-key.ts";

test("an address has one key, however it is written", () => {
  assert.equal(ipKey("10.0.0.1"), "10.0.0.1");
  assert.equal(ipKey("::ffff:10.0.0.1"), "10.0.0.1");
  assert.equal(ipKey("fd00:0:0::1"), ipKey("FD00::1"));
  assert.notEqual(ipKey("::a00:1"), ipKey("10.0.0.1"));
  for (const text of ["", "10.0.0", "010.0.0.1", "web", "fd00::1%eth0"]) {
    assert.equal(ipKey(text), undefined);
  }
  assert.deepEqual([isSix("::1"), isSix("::ffff:1.2.3.4"), isSix("x")], [true, false, false]);
});
