import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "./catalog.ts";
import { callerOf, partOf } from "./surroundings.ts";
import { factsOf, namespaceOf, podOf, TestMesh } from "./test-mesh.ts";

test("a caller is who its record says, and nobody without labels if there is none", () => {
  const mesh = new TestMesh();
  const ports = [{ name: "http", containerPort: 80 }, { containerPort: 81 }];
  mesh.put(
    namespaceOf("shop"),
    podOf("shop/me", { ip: "10.0.0.1", labels: { a: "b" }, spec: { containers: [{ ports }] } }),
  );
  const catalog = new Catalog(mesh);
  const known = callerOf(catalog, factsOf("shop/me"));
  assert.deepEqual([known.labels, known.ips], [{ a: "b" }, ["10.0.0.1"]]);
  assert.deepEqual(known.ports, [{ name: "http", protocol: "TCP", port: 80 }]);
  assert.equal(known.namespace.labels?.["kubernetes.io/metadata.name"], "shop");
  assert.equal(callerOf(catalog, factsOf("shop/you")).labels, undefined);
  const liar = { ...factsOf("shop/me"), namespace: "other" };
  assert.deepEqual(
    [callerOf(catalog, liar).labels, callerOf(catalog, liar).namespace.name],
    [undefined, "other"],
  );
});

test("a part is as large as it may be, the same each time, and another for another asker", () => {
  const items = Array.from({ length: 100 }, (_, index) => `i${index}`);
  const of = (asker: string) => partOf(asker, items, (item) => item, 10);
  assert.equal(new Set(of("a")).size, 10);
  assert.deepEqual(of("a"), of("a"));
  assert.notDeepEqual(of("a"), of("b"));
  assert.equal(
    partOf("a", items, (item) => item, 100),
    items,
  );
});
