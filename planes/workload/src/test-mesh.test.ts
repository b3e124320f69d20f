import assert from "node:assert/strict";
import { test } from "node:test";
import {
  factsOf,
  namespaceOf,
  podOf,
  policyOf,
  programOf,
  serviceOf,
  sliceOf,
  TestMesh,
} from "./test-mesh.ts";

test("the mesh keeps what is put, tells of it, and makes a directory of it", () => {
  const mesh = new TestMesh();
  const pod = podOf("shop/a");
  assert.equal(mesh.put(pod, pod).kind, "modified");
  mesh.put(
    namespaceOf("shop"),
    serviceOf("shop/web", {}),
    sliceOf("shop/web", [], []),
    policyOf("shop/p", {}),
    programOf("shop/db"),
  );
  const directory = mesh.directory();
  assert.deepEqual(directory.factsOf("U-a"), factsOf("shop/a"));
  assert.equal(mesh.delete(pod).kind, "deleted");
  assert.equal(directory.factsOf("U-a"), undefined);
  assert.equal(directory.factsOf("X-db")?.machine, "m2");
  directory.close();
  mesh.put(pod);
  assert.equal(directory.factsOf("U-a"), undefined, "it follows no more");
});
