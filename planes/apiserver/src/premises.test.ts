import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { MemoryStore } from "./memory-store.ts";
import { type Deciders, premisesOf } from "./premises.ts";

const calm: Deciders = {
  orderOf: () => ["me"],
  mayWrite: () => true,
  mayAct: true,
  isKept: () => true,
  isKnown: () => true,
  partsOf: () => [],
  stampOf: () => undefined,
};

/** What a machine looks up, and what its API was asked for. */
function premisesWith(deciders: Partial<Deciders> = {}, isDiskWell = true) {
  const asked: string[] = [];
  const objects = new MemoryStore();
  const premises = premisesOf({
    api: {
      revisionOf: ({ name, group }, namespace, object) => {
        asked.push(`${name} ${group} ${namespace} ${object}`);
        return object === "there" ? "7" : undefined;
      },
    },
    objects,
    deciders: { ...calm, ...deciders },
    isDiskWell: () => isDiskWell,
  });
  return { premises, objects, asked };
}

const request: ApiRequest = {
  method: "PUT",
  path: ["apis", "apps", "v1", "namespaces", "shop", "deployments", "web"],
  query: new Map(),
  accept: "",
  contentType: "",
  body: {},
  user: { name: "ann", groups: [] },
};

test("a case is where a write is decided, and what it writes", () => {
  const { premises, objects } = premisesWith();
  const record = { collection: "deployments.apps/shop", name: "web" };
  const matter = { collection: record.collection, record, namespace: "shop", isCounted: false };
  assert.deepEqual(premises.caseOf(request), matter);
  assert.equal(premises.caseOf({ ...request, method: "GET" }), undefined);
  const quotas = findResource("", "resourcequotas");
  assert(quotas);
  const metadata = { name: "q", namespace: "shop" };
  objects.putSpec(quotas, { apiVersion: "v1", kind: "ResourceQuota", metadata });
  const counted = { ...matter, collection: "resourcequotas/shop", isCounted: true };
  assert.deepEqual(premises.caseOf(request), counted);
});

test("a version is what clients of this machine are shown", () => {
  const { premises, asked } = premisesWith();
  const shown = premises.revisionOf({ collection: "deployments.apps/shop", name: "there" });
  const gone = premises.revisionOf({ collection: "nodes/-", name: "gone" });
  const unknown = premises.revisionOf({ collection: "things.example.com/shop", name: "there" });
  assert.deepEqual([shown, gone, unknown], ["7", "", ""]);
  assert.deepEqual(asked, ["deployments apps shop there", "nodes   gone"]);
});

test("who is not settled, or whose disk is full, decides nothing", () => {
  assert(premisesWith().premises.canDecide());
  assert(!premisesWith({ mayAct: false }).premises.canDecide());
  assert(!premisesWith({}, false).premises.canDecide());
  const record = { collection: "configmaps/shop", name: "a" };
  const matter = { collection: "resourcequotas/shop", record };
  assert(premisesWith().premises.isKnown(matter));
  assert(!premisesWith({ mayAct: false }).premises.isKnown(matter));
  assert(!premisesWith({ isKept: () => false }).premises.isKnown(matter));
  assert(!premisesWith({ isKnown: () => false }).premises.isKnown(matter));
});
