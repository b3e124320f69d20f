import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fixedFields, kindChangeRules } from "./change-rules.ts";
import { resources } from "./resource.ts";
import { fieldAt, typeOfResource } from "./schema.ts";

function changed(name: string, before: JsonObject, body: JsonObject): readonly string[] {
  return (kindChangeRules[name]?.(before, body) ?? []).map(
    ({ field, message }) => `${field}: ${message.slice(0, 40)}`,
  );
}

test("each fixed field is one of its kind", () => {
  for (const [name, paths] of Object.entries(fixedFields)) {
    const resource = resources.find((each) => each.name === name);
    assert(resource, name);
    for (const path of paths) {
      assert(fieldAt(typeOfResource(resource), path.split(".")), `${name} ${path}`);
    }
  }
});

test("of a StatefulSet only some of the specification changes", () => {
  const spec = { serviceName: "s", replicas: 1 };
  assert.deepEqual(changed("statefulsets", { spec }, { spec: { ...spec, replicas: 2 } }), []);
  assert.deepEqual(changed("statefulsets", { spec }, { spec: { ...spec, serviceName: "t" } }), [
    "spec: Forbidden: updates to statefulset spec f",
  ]);
});

test("a volume stays where it is", () => {
  const spec = { hostPath: { path: "/a" } };
  assert.deepEqual(changed("persistentvolumes", { spec }, { spec: { ...spec, x: 1 } }), []);
  assert.deepEqual(changed("persistentvolumes", { spec }, { spec: { hostPath: { path: "/b" } } }), [
    "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource i",
  ]);
});

test("a claim is bound once, and asks for more only then", () => {
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const bound = { ...spec, volumeName: "v" };
  const more = { ...bound, resources: { requests: { storage: "2Gi" } } };
  const rule = ["spec: Forbidden: spec is immutable after creat"];
  assert.deepEqual(changed("persistentvolumeclaims", { spec }, { spec: bound }), []);
  assert.deepEqual(changed("persistentvolumeclaims", { spec }, { spec: more }), rule);
  const before = { spec: bound, status: { phase: "Bound" } };
  assert.deepEqual(changed("persistentvolumeclaims", before, { spec: more }), []);
  const other = { ...more, volumeName: "w" };
  assert.deepEqual(changed("persistentvolumeclaims", before, { spec: other }), rule);
});

test("classes, priorities and bindings keep what others rely on", () => {
  assert.deepEqual(changed("storageclasses", { provisioner: "a" }, { provisioner: "b" }), [
    "provisioner: Forbidden: updates to provisioner are fo",
  ]);
  assert.deepEqual(changed("priorityclasses", { value: 1 }, { value: 2 }), [
    "value: Forbidden: may not be changed in an upda",
  ]);
  const found = changed("rolebindings", { roleRef: { name: "a" } }, { roleRef: { name: "b" } });
  assert.deepEqual(found, ['roleRef: Invalid value: {"name":"b"}: cannot chan']);
});
