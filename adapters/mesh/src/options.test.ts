import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolOf } from "./options.ts";

test("protocols carry the prefix of the machine plane and a version", () => {
  assert.equal(protocolOf("msg"), "/beemesh/machine/msg/1");
});
