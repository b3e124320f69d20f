import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contextOf, good, skip } from "./stream-pair.test.ts";
import { TlsContext } from "./tls-context.ts";

describe("a context of TLS", { skip }, () => {
  test("is made of a key and its certificate", () => {
    assert.notEqual(contextOf(good).pointer, 0n);
  });

  for (const [what, key, certificate] of [
    ["no key", Buffer.from("no key"), good],
    ["an empty key", Buffer.alloc(0), good],
    ["no certificate", Buffer.alloc(10), "no certificate"],
  ] as const)
    test(`is not made of ${what}`, () => {
      assert.throws(() => new TlsContext(key, certificate), { code: "kernel-refused" });
    });
});
