import assert from "node:assert/strict";
import { test } from "node:test";
import { address, nameOf, peerOf, podOf, policyOf, tcp } from "./village.ts";

test("the village has policies, pods, addresses, names and ports", () => {
  assert.equal(policyOf({ podSelector: {} }, { name: "deny" }).name, "deny");
  assert.deepEqual(podOf("shop/web").namespace.labels?.["team"], "shop");
  assert.equal(peerOf("shop/web").kind, "pod");
  assert.deepEqual([address("::1").kind, nameOf("a").service, tcp(80).port], ["address", "", 80]);
});
