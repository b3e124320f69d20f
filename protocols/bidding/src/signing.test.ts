import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bidOf, taskWith, verifier } from "./market.test.ts";
import { isSigned } from "./signing.ts";

describe("isSigned", () => {
  test("whoever is named as sender must have signed", () => {
    assert(isSigned(taskWith({}), verifier));
    assert(isSigned(bidOf("bob", [0.5]), verifier));
    assert(!isSigned({ ...bidOf("bob", [0.5]), bidder: "eve" }, verifier));
    assert(!isSigned({ ...taskWith({}), author: "eve" }, verifier));
  });

  test("every member is signed, the order of members does not matter", () => {
    assert(!isSigned({ ...bidOf("bob", [0.5]), scores: [0.5, 0.4] }, verifier));
    assert(!isSigned({ ...taskWith({}), workload: "other" }, verifier));
    const { k, ...rest } = bidOf("bob", [0.5]);
    assert(isSigned({ ...rest, k }, verifier));
  });
});
