import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Coverage } from "@beemesh/registry";
import { Deciders, type Ledgers } from "./deciders.ts";

const ledgers: Ledgers = {
  collections: () => ["pods/default", "nodes/-", "secrets/a"],
  rankOf: (collection) => ({ "pods/default": 2, "nodes/-": 0 })[collection],
  keepersOf: () => ["a", "b", "c"],
  coverageOf: () => "kept",
  get: () => undefined,
  partsOf: () => [],
};

function decidersOf(coverage: Coverage = "kept", mayAct = true): Deciders {
  return new Deciders({
    registry: { ...ledgers, coverageOf: () => coverage },
    verifier: { mayAuthor: (peer, namespace) => peer !== "a" || namespace === "shop" },
    mayAct: () => mayAct,
  });
}

describe("Deciders", () => {
  test("are the keepers whose records of the namespace are believed", () => {
    assert.deepEqual(decidersOf().orderOf("configmaps/shop"), ["a", "b", "c"]);
    assert.deepEqual(decidersOf().orderOf("configmaps/default"), ["b", "c"]);
    assert.deepEqual(decidersOf().orderOf("clusterroles.rbac.authorization.k8s.io/-"), ["b", "c"]);
  });

  test("are ready when they may act and hold what others hold", () => {
    assert(decidersOf().isReady("configmaps/shop"));
    assert(!decidersOf("partly").isReady("configmaps/shop"));
    assert(!decidersOf("followed").isReady("configmaps/shop"), "it is for keepers to decide");
    assert(!decidersOf("kept", false).isReady("configmaps/shop"));
  });

  test("know where this machine stands among the keepers", () => {
    assert.deepEqual(decidersOf().keeperRanks(), [2, 0]);
  });
});
