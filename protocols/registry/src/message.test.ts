import assert from "node:assert/strict";
import { test } from "node:test";
import { introductionOf, isFeedMessage, readScope, scopeOf } from "./message.ts";
import { decodeRegistryMessage } from "./message-reader.ts";

test("a scope is a collection, or what of it concerns a machine", () => {
  assert.equal(scopeOf("pods/default"), "pods/default");
  assert.deepEqual(readScope(scopeOf("pods/default", "ann")), {
    collection: "pods/default",
    peer: "ann",
  });
  assert.deepEqual(readScope("pods/default"), { collection: "pods/default", peer: undefined });
});

test("isFeedMessage tells following from the rest", () => {
  assert(isFeedMessage({ k: "r.unsub", c: "pods/default" }));
  assert(!isFeedMessage({ k: "r.ack", i: [] }));
});

test("a certificate is shown in a message that registries read", () => {
  const shown = introductionOf("certificate");
  assert.deepEqual(decodeRegistryMessage(shown), { k: "r.intro", x: ["certificate"] });
  assert.equal(decodeRegistryMessage(introductionOf("x".repeat(20_000))), undefined);
});
