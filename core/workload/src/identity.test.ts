import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSpiffeId, spiffeIdOf } from "./identity.ts";

describe("SPIFFE IDs of workloads", () => {
  test("are written and read", () => {
    const text = spiffeIdOf({ mesh: "12D3KooWabc", namespace: "shop", serviceAccount: "web" });
    assert.equal(text, "spiffe://12d3koowabc/ns/shop/sa/web");
    assert.deepEqual(readSpiffeId(text), {
      mesh: "12d3koowabc",
      namespace: "shop",
      serviceAccount: "web",
    });
  });

  for (const text of [
    "",
    "spiffe://m/ns/shop/sa/",
    "spiffe://m/ns/shop/sa/web/more",
    "spiffe://m/ns/../sa/web",
    "https://m/ns/shop/sa/web",
    `spiffe://m/ns/shop/sa/${"w".repeat(3000)}`,
  ])
    test(`of another form are refused: ${text.slice(0, 40)}`, () => {
      assert.equal(readSpiffeId(text), undefined);
    });
});
