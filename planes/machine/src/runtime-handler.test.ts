import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Pod, Resource } from "@beemesh/model";
import { handlerOf } from "./runtime-handler.ts";

const vm: KubeObject = {
  apiVersion: "node.k8s.io/v1",
  kind: "RuntimeClass",
  metadata: { name: "vm" },
  handler: "kata",
};

test("a pod asks for the handler of its class, and for none without one", () => {
  const objects = {
    get: ({ kind }: Resource, _namespace: string | undefined, name: string) =>
      kind === vm.kind && name === vm.metadata.name ? vm : undefined,
  };
  const podOf = (spec: Partial<Pod["spec"]>): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [], ...spec },
  });
  assert.equal(handlerOf(podOf({ runtimeClassName: "vm" }), objects), "kata");
  assert.equal(handlerOf(podOf({ runtimeClassName: "gone" }), objects), undefined);
  assert.equal(handlerOf(podOf({}), objects), undefined);
});
