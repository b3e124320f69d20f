import assert from "node:assert/strict";
import { test } from "node:test";
import { qualifiedName } from "./image-source.ts";

for (const [name, full] of [
  ["nginx", "docker.io/library/nginx"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["bitnami/redis", "docker.io/bitnami/redis"],
  ["quay.io/a/b:1", "quay.io/a/b:1"],
  ["localhost/x:1", "localhost/x:1"],
  ["registry:5000/x", "registry:5000/x"],
] as const)
  test(`${name} is ${full}`, () => assert.equal(qualifiedName(name), full));
