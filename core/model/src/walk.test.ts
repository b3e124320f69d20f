import assert from "node:assert/strict";
import { test } from "node:test";
import { typeNamed } from "./schema.ts";
import { mapValues, walk } from "./walk.ts";

const podType = typeNamed("core.v1.Pod");
const containerType = typeNamed("core.v1.Container");
assert(podType && containerType);

test("every object of a known type is visited, holders first", () => {
  const visited: string[] = [];
  const pod = {
    metadata: { name: "a" },
    spec: {
      containers: [{ ports: [{ containerPort: 1 }] }, null, "bad"],
      volumes: "bad",
      overhead: { cpu: "1" },
      unknown: { a: 1 },
    },
  };
  walk(podType, pod, (type, _object, path) => visited.push(`${path}:${type.name}`));
  assert.deepEqual(visited, [
    ":core.v1.Pod",
    "metadata:meta.v1.ObjectMeta",
    "spec:core.v1.PodSpec",
    "spec.containers[0]:core.v1.Container",
    "spec.containers[0].ports[0]:core.v1.ContainerPort",
  ]);
});

test("values are replaced one by one, in lists and maps too", () => {
  const container = { name: "a", args: ["b"], extra: "kept", resources: { x: 1 } };
  const changed = mapValues(containerType, container, (field) => field.name.toUpperCase());
  assert.deepEqual(changed, {
    name: "NAME",
    args: ["ARGS"],
    extra: "kept",
    resources: "RESOURCES",
  });
});
