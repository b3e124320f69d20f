import assert from "node:assert/strict";
import { test } from "node:test";
import { keyElement, memberElement, pathText, valueElement } from "./field-path.ts";

test("a path reads as in Kubernetes' conflicts", () => {
  const containers = ["spec", "containers"].map(memberElement);
  const port = keyElement({ protocol: "TCP", containerPort: 80 });
  assert.equal(
    pathText([...containers, keyElement({ name: "web" }), "f:ports", port, "f:hostPort"]),
    '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].hostPort',
  );
  const finalizer = valueElement("example.com/hold");
  assert.equal(
    pathText(["f:metadata", "f:finalizers", finalizer]),
    '.metadata.finalizers[="example.com/hold"]',
  );
  assert.equal(pathText(["f:items", "i:3"]), ".items[3]");
  assert.equal(pathText(["k:broken"]), "[broken]");
});
