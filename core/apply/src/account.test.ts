import assert from "node:assert/strict";
import { test } from "node:test";
import { joinAccounts, splitAccount } from "./account.ts";

test("entries are kept with the part that they speak of, and shown in one order", () => {
  const scale = { manager: "a", operation: "Update", time: "2", subresource: "scale" };
  const status = { manager: "b", operation: "Update", time: "1", subresource: "status" };
  const apply = { manager: "c", operation: "Apply", time: "3" };
  const { ofSpec, ofStatus } = splitAccount([apply, status, scale]);
  assert.deepEqual([ofSpec, ofStatus], [[apply, scale], [status]]);
  assert.deepEqual(joinAccounts(ofSpec, ofStatus), [apply, status, scale]);
  assert.deepEqual(splitAccount(undefined), { ofSpec: [], ofStatus: [] });
  assert.deepEqual(joinAccounts(), []);
});
