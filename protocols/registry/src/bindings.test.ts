import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { Bindings } from "./bindings.ts";

function pod(name: string, nodeName?: unknown, kind = "Pod"): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "default" }, spec: { nodeName } };
}

function namesOn(bindings: Bindings, machine: string): string[] {
  return bindings.on(machine).map(({ metadata }) => metadata.name);
}

test("Bindings knows the pods of a machine as they come, move and go", () => {
  const bindings = new Bindings();
  const [a, b] = [pod("a", "ann"), pod("b", "ann")];
  bindings.change(undefined, a);
  bindings.change(undefined, b);
  assert.deepEqual(namesOn(bindings, "ann"), ["a", "b"]);
  const moved = pod("a", "bob");
  bindings.change(a, moved);
  bindings.change(b, undefined);
  assert.deepEqual(namesOn(bindings, "ann"), []);
  assert.deepEqual(bindings.on("bob"), [moved]);
});

test("Bindings minds nothing but pods that are bound", () => {
  const bindings = new Bindings();
  for (const object of [pod("a"), pod("b", ""), pod("c", 7), pod("d", "ann", "Node")]) {
    bindings.change(undefined, object);
    bindings.change(object, undefined);
  }
  bindings.change(pod("never-seen", "ann"), undefined);
  assert.deepEqual(bindings.on("ann"), []);
});
