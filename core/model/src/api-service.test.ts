import assert from "node:assert/strict";
import { test } from "node:test";
import { apiServiceAddress, isOfApi } from "./api-service.ts";
import { isInIpRange, parseIpAddress, parseIpRange } from "./ip-range.ts";

test("the API is one Service of one namespace", () => {
  assert(isOfApi("default", "kubernetes"));
  for (const [namespace, name] of [
    ["default", "web"],
    ["shop", "kubernetes"],
    [undefined, "kubernetes"],
  ] as const) {
    assert(!isOfApi(namespace, name));
  }
});

test("its address is of the range that Services have", () => {
  const address = parseIpAddress(apiServiceAddress);
  const range = parseIpRange("10.96.0.0/12");
  assert(address !== undefined && range !== undefined && isInIpRange(range, address));
});
