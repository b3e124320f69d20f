import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject, type Resource, ResourceBook } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import { Ledger } from "./ledger.ts";
import { resourcesJson } from "./resource-list.ts";
import { objectOf, podWith, quotaOf } from "./test-objects.ts";

/** As much of a store as a ledger reads. */
class Records {
  readonly resources = new ResourceBook();
  readonly #objects = new Map<string, { resource: Resource; object: KubeObject }>();
  readonly #listeners = new Set<(change: Change) => void>();
  lists = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  list(resource: Resource, namespace?: string): { items: KubeObject[]; revision: string } {
    this.lists += 1;
    const items = [...this.#objects.values()]
      .filter((each) => each.resource === resource)
      .map(({ object }) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    return { items, revision: "1" };
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(object: KubeObject, kind: Change["kind"] = "modified"): void {
    const resource = this.resources.ofKind(object.apiVersion, object.kind);
    assert(resource);
    const key = `${object.kind} ${object.metadata.name}`;
    if (kind === "deleted") this.#objects.delete(key);
    else this.#objects.set(key, { resource, object });
    for (const tell of this.#listeners) tell({ kind, resource, object, revision: "1" });
  }
}

function named(name: string, cpu: string): KubeObject {
  const pod = podWith([{ requests: { cpu } }]);
  return { ...pod, metadata: { ...pod.metadata, name } };
}

function used(ledger: Ledger): unknown {
  return ledger.balancesOf("shop").map((balance) => resourcesJson(balance.used));
}

test("a ledger counts what is there, and then what changes", () => {
  const records = new Records();
  const ledger = new Ledger(records);
  records.put(named("a", "1"));
  assert.deepEqual(used(ledger), []);
  records.put(quotaOf({ pods: "5", "requests.cpu": "4" }));
  assert.deepEqual(used(ledger), [{ pods: "1", "requests.cpu": "1" }]);
  const { lists } = records;
  records.put(named("b", "500m"), "added");
  records.put(named("a", "2"));
  assert.deepEqual(used(ledger), [{ pods: "2", "requests.cpu": "2500m" }]);
  records.put({ ...named("a", "2"), status: { phase: "Succeeded" } });
  records.put(named("b", "500m"), "deleted");
  assert.deepEqual(used(ledger), [{ pods: "0", "requests.cpu": "0" }]);
  assert.equal(records.lists - lists, 2, "only the quotas themselves are read again");
});

test("a quota that changes its terms is counted anew, one that is gone is forgotten", () => {
  const records = new Records();
  const ledger = new Ledger(records);
  records.put(named("a", "1"));
  records.put(quotaOf({ pods: "5" }));
  assert.deepEqual(used(ledger), [{ pods: "1" }]);
  records.put(quotaOf({ "count/pods": "5", configmaps: "1" }));
  assert.deepEqual(used(ledger), [{ configmaps: "0", "count/pods": "1" }]);
  records.put(quotaOf({}), "deleted");
  assert.deepEqual(used(ledger), []);
});

test("what is promised counts until it is settled", () => {
  const records = new Records();
  const ledger = new Ledger(records);
  records.put(quotaOf({ pods: "5" }));
  assert.deepEqual(used(ledger), [{ pods: "0" }]);
  ledger.promise({ group: "", name: "pods" }, named("a", "1"));
  assert.deepEqual(used(ledger), [{ pods: "1" }]);
  assert.deepEqual(resourcesJson(ledger.takenOf(quotaOf({ pods: "5" }))), { pods: "0" });
  ledger.settle();
  assert.deepEqual(used(ledger), [{ pods: "0" }]);
});

test("other namespaces do not count, and a closed ledger listens no more", () => {
  const records = new Records();
  const ledger = new Ledger(records);
  records.put(quotaOf({ configmaps: "5" }));
  const config = objectOf("v1", "ConfigMap", "c", {});
  records.put({ ...config, metadata: { ...config.metadata, namespace: "other" } });
  assert.deepEqual(used(ledger), [{ configmaps: "0" }]);
  assert(findResource("", "resourcequotas"));
  assert.equal(records.listeners, 1);
  ledger.close();
  assert.equal(records.listeners, 0);
});
