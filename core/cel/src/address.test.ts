import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIpAddress } from "@beemesh/model";
import { addressText } from "./address.ts";

test("an address has one text, with its longest zeros left out", () => {
  for (const text of ["10.0.0.1", "::", "::1", "2001:db8::1", "1:0:0:2::3", "1:2:3:4:5:6:7:8"]) {
    const address = parseIpAddress(text);
    assert(address);
    assert.equal(addressText(address), text);
  }
});
