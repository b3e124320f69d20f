import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { test } from "node:test";
import { standInOf, standsInFor } from "./stand-in.ts";

test("stand-ins are computed, spread over their ranges, and know what they are for", () => {
  for (const what of ["name", "program"] as const) {
    const all = Array.from({ length: 2000 }, (_, index) => standInOf(what, `x${index}`));
    assert(all.every((ip) => isIPv4(ip) && standsInFor(ip) === what));
    assert(new Set(all).size > 1900);
    assert.deepEqual(standInOf(what, "x7"), all[7]);
    assert.notEqual(standInOf(what, "x7", 1), all[7]);
  }
  for (const ip of ["10.0.0.1", "198.17.0.1", "198.180.0.1", "::1", ""]) {
    assert.equal(standsInFor(ip), undefined);
  }
});
