import assert from "node:assert/strict";
import { test } from "node:test";
import { type Shape, structOf } from "@beemesh/apply";
import { shapeOf, shapeOfCustom } from "./field-shape.ts";
import { findResource, resources } from "./resource.ts";

function shapeAt(resource: string, group: string, ...path: readonly string[]): Shape {
  const found = findResource(group, resource);
  assert(found !== undefined);
  return path.reduce((shape: Shape, member): Shape => {
    const holder = shape.kind === "list" ? shape.item : shape;
    assert(holder.kind === "members", `${member} has a holder`);
    return holder.member(member).shape;
  }, shapeOf(found));
}

test("lists are owned by item where the type says so, and whole elsewhere", () => {
  const containers = shapeAt("pods", "", "spec", "containers");
  assert(containers.kind === "list");
  assert.deepEqual(containers.keys, ["name"]);
  const ports = shapeAt("pods", "", "spec", "containers", "ports");
  assert(ports.kind === "list");
  assert.deepEqual(
    [ports.keys, ports.keyDefaults],
    [["containerPort", "protocol"], { protocol: "TCP" }],
  );
  assert.equal(shapeAt("pods", "", "spec", "containers", "command").kind, "leaf");
  const finalizers = shapeAt("pods", "", "metadata", "finalizers");
  assert(finalizers.kind === "list" && finalizers.keys.length === 0);
});

test("maps are owned by key and structs by member, but for those that are atomic", () => {
  const labels = shapeAt("pods", "", "metadata", "labels");
  assert(labels.kind === "members" && !labels.isStruct);
  const template = shapeAt("deployments", "apps", "spec", "template", "spec");
  assert(template.kind === "members" && template.isStruct);
  for (const path of [
    ["spec", "selector"],
    ["spec", "template", "spec", "nodeSelector"],
  ]) {
    assert.equal(shapeAt("deployments", "apps", ...path).kind, "leaf");
  }
  assert.equal(shapeAt("services", "", "spec", "selector").kind, "leaf");
  const owners = shapeAt("pods", "", "metadata", "ownerReferences");
  assert(owners.kind === "list" && owners.item.kind === "leaf");
});

test("every kind has one", () => {
  for (const resource of resources) {
    assert.equal(shapeOf(resource).kind, structOf(new Map()).kind);
    assert.equal(shapeOf(resource), shapeOf(resource));
  }
});

test("a custom resource has every object's metadata, and else what its schema says", () => {
  const spec = { type: "object", properties: { list: { type: "array", items: {} } } };
  const custom = shapeOfCustom({ type: "object", properties: { spec } });
  assert(custom.kind === "members");
  const finalizers = memberOf(custom.member("metadata").shape, "finalizers");
  assert.equal(finalizers.kind, "list");
  assert.equal(memberOf(custom.member("spec").shape, "list").kind, "leaf");
  const free = shapeOfCustom({ "x-kubernetes-preserve-unknown-fields": true });
  assert(free.kind === "members" && free.member("anything").shape.kind === "deduced");
});

function memberOf(shape: Shape, name: string): Shape {
  assert(shape.kind === "members");
  return shape.member(name).shape;
}
