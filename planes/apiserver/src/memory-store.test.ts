import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { conformsToObjectStore } from "../../../test/conformance/object-store.ts";
import { MemoryStore } from "./memory-store.ts";

conformsToObjectStore("MemoryStore", () => new MemoryStore());

test("MemoryStore forgets the oldest changes when its log is full", () => {
  const configMaps = findResource("", "configmaps");
  assert(configMaps);
  const store = new MemoryStore(2);
  const start = store.revision;
  for (const name of ["a", "b", "c"]) {
    const metadata = { name, namespace: "default", uid: name };
    store.putSpec(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
  }
  assert.equal(store.changesSince(start, configMaps), undefined);
  assert.equal(store.changesSince(String(BigInt(start) + 1n), configMaps)?.length, 2);
});
