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
  takeOver: () => undefined,
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

  test("know what they keep or follow closely", () => {
    const known = (["kept", "followed", "partly"] as const).map((coverage) => {
      const deciders = decidersOf(coverage);
      return [deciders.isKept("configmaps/shop"), deciders.isKnown("configmaps/shop")];
    });
    assert.deepEqual(known, [
      [true, true],
      [false, true],
      [false, false],
    ]);
    assert(decidersOf().mayAct && !decidersOf("kept", false).mayAct);
  });

  test("know where this machine stands among the keepers", () => {
    assert.deepEqual(decidersOf().keeperRanks(), [2, 0]);
  });
});
