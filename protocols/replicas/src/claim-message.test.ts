import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import { decodeClaimMessage } from "./claim-message.ts";

test("messages of claims are read, and nothing else is", () => {
  for (const message of [
    { k: "c.ask", u: "u1" },
    { k: "c.told", u: "u1", r: true },
  ]) {
    assert.deepEqual(decodeClaimMessage(message), message);
  }
  for (const message of [
    { k: "c.ask" },
    { k: "c.ask", u: "" },
    { k: "c.ask", u: "u".repeat(65) },
    { k: "c.told", u: "u1" },
    { k: "c.told", u: "u 1", r: true },
    { k: "c.else", u: "u1" },
    [],
  ]) {
    assert.equal(decodeClaimMessage(message), undefined);
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json: Json = JSON.parse(JSON.stringify(value));
      assert.equal(decodeClaimMessage(json), undefined);
    }),
  );
});
