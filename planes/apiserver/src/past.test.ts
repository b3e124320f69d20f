import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject } from "@beemesh/model";
import fc from "fast-check";
import { MemoryStore } from "./memory-store.ts";
import { snapshotAt } from "./past.ts";

const resource = findResource("", "configmaps");
assert(resource);

function configMap(name: string, value: number): KubeObject {
  const metadata = { name, namespace: "default", uid: `uid-${name}` };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value: String(value) } };
}

const step = fc.record({ name: fc.constantFrom("a", "b", "c"), remove: fc.boolean() });

test("a list can be had again as it was, at every revision that the log holds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const store = new MemoryStore();
      const taken = [store.list(resource)];
      for (const [index, { name, remove }] of steps.entries()) {
        if (remove) store.remove(resource, "default", name);
        else store.putSpec(resource, configMap(name, index));
        taken.push(store.list(resource));
      }
      for (const snapshot of taken) {
        const again = snapshotAt(store, { resource, namespace: "" }, snapshot.revision);
        assert.deepEqual(again, snapshot);
      }
    }),
  );
});

test("neither the future nor the forgotten past can be had", () => {
  const store = new MemoryStore(1);
  const scope = { resource, namespace: "default" };
  const start = store.revision;
  for (const name of ["a", "b"]) store.putSpec(resource, configMap(name, 0));
  assert.equal(snapshotAt(store, scope, start), undefined);
  assert.equal(snapshotAt(store, scope, String(BigInt(store.revision) + 1n)), undefined);
});
