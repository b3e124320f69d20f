import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { mergePatch } from "./merge-patch.ts";
import { typeNamed } from "./schema.ts";
import { strategicMergePatch } from "./strategic-patch.ts";

const podSpec = typeNamed("core.v1.PodSpec");
const deployment = typeNamed("apps.v1.Deployment");
const meta = typeNamed("meta.v1.ObjectMeta");
const container = typeNamed("core.v1.Container");
assert(podSpec && deployment && meta && container);

const two = {
  containers: [
    { name: "a", image: "a:1" },
    { name: "b", image: "b:1" },
  ],
};

const cases = [
  [
    "merges list items by their key",
    podSpec,
    two,
    { containers: [{ name: "b", image: "b:2" }] },
    {
      containers: [
        { name: "a", image: "a:1" },
        { name: "b", image: "b:2" },
      ],
    },
  ],
  [
    "puts an item of a new key first, without its nulls",
    podSpec,
    two,
    {
      containers: [{ name: "c", image: null, tty: true }],
    },
    { containers: [{ name: "c", tty: true }, ...two.containers] },
  ],
  [
    "deletes an item",
    podSpec,
    two,
    { containers: [{ name: "a", $patch: "delete" }] },
    {
      containers: [two.containers[1]],
    },
  ],
  [
    "replaces a list",
    podSpec,
    two,
    { containers: [{ name: "c" }, { $patch: "replace" }] },
    {
      containers: [{ name: "c" }],
    },
  ],
  [
    "replaces lists without a merge strategy",
    container,
    { args: ["a"] },
    { args: ["b"] },
    {
      args: ["b"],
    },
  ],
  [
    "merges lists of plain values as sets, those of the patch first",
    meta,
    { finalizers: ["a", "b"] },
    {
      finalizers: ["c", "a"],
    },
    { finalizers: ["c", "a", "b"] },
  ],
  [
    "deletes from lists of plain values",
    meta,
    { finalizers: ["a", "b"] },
    {
      "$deleteFromPrimitiveList/finalizers": ["a"],
    },
    { finalizers: ["b"] },
  ],
  [
    "orders lists of plain values",
    meta,
    { finalizers: ["a", "b"] },
    {
      "$setElementOrder/finalizers": ["c", "b", "a"],
      finalizers: ["c"],
    },
    { finalizers: ["c", "b", "a"] },
  ],
  [
    "orders lists",
    podSpec,
    two,
    {
      "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
      containers: [{ name: "a", image: "a:2" }],
    },
    {
      containers: [
        { name: "b", image: "b:1" },
        { name: "a", image: "a:2" },
      ],
    },
  ],
  [
    "orders a list that it does not change",
    podSpec,
    two,
    {
      "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
    },
    { containers: two.containers.toReversed() },
  ],
  [
    "merges maps and removes by null",
    meta,
    { labels: { a: "1", b: "2" } },
    {
      labels: { a: null, c: "3" },
      annotations: { d: "4", e: null },
    },
    { labels: { b: "2", c: "3" }, annotations: { d: "4" } },
  ],
  [
    "replaces an object",
    meta,
    { labels: { a: "1" } },
    {
      labels: { $patch: "replace", b: "2" },
    },
    { labels: { b: "2" } },
  ],
  [
    "empties an object",
    meta,
    { labels: { a: "1" } },
    { labels: { $patch: "delete" } },
    {
      labels: {},
    },
  ],
  [
    "takes merge for what it does anyway",
    meta,
    { labels: { a: "1" } },
    {
      labels: { $patch: "merge", b: "2" },
    },
    { labels: { a: "1", b: "2" } },
  ],
  [
    "retains only the members of a union that are meant",
    deployment,
    {
      spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    },
    { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
    {
      spec: { strategy: { type: "Recreate" } },
    },
  ],
  [
    "changes the kind of a volume",
    podSpec,
    { volumes: [{ name: "v", emptyDir: {} }] },
    {
      volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }],
    },
    { volumes: [{ name: "v", hostPath: { path: "/" } }] },
  ],
  [
    "goes deep",
    deployment,
    { spec: { template: { spec: two } } },
    {
      spec: {
        template: { spec: { containers: [{ name: "a", env: [{ name: "E", value: "1" }] }] } },
      },
    },
    {
      spec: {
        template: {
          spec: {
            containers: [
              { name: "a", image: "a:1", env: [{ name: "E", value: "1" }] },
              two.containers[1],
            ],
          },
        },
      },
    },
  ],
  [
    "takes a value of another type as it is",
    meta,
    { labels: "bad" },
    { labels: { a: "1" } },
    {
      labels: { a: "1" },
    },
  ],
  [
    "keeps what it does not know",
    meta,
    { other: { a: [1] } },
    { other: { b: 2 } },
    {
      other: { a: [1], b: 2 },
    },
  ],
] as const;

describe("strategicMergePatch", () => {
  for (const [title, type, original, patch, object] of cases) {
    test(title, () => {
      assert.deepEqual(strategicMergePatch(type, original, patch), { ok: true, object });
    });
  }

  for (const [title, patch] of [
    ["an unknown directive", { $patch: "explode" }],
    ["an item without its key", { containers: [{ image: "x" }] }],
    ["an item that is no object", { containers: ["x"] }],
    [
      "an order that its items do not keep",
      {
        "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
        containers: [{ name: "b" }, { name: "a" }],
      },
    ],
    ["an order that is no list", { "$setElementOrder/containers": {} }],
    ["members that are not retained", { $retainKeys: ["a"], hostname: "x" }],
    ["retained keys that are no list", { $retainKeys: "a" }],
    ["a deletion that is no list", { "$deleteFromPrimitiveList/x": 1 }],
  ] as const) {
    test(`refuses ${title}`, () => {
      assert.equal(strategicMergePatch(podSpec, two, patch).ok, false);
    });
  }

  test("is a merge patch where there are no lists and directives", () => {
    const value = fc.constantFrom(null, 1, "a", true);
    const key = fc.constantFrom("a", "b", "c");
    const flat = fc.dictionary(key, value);
    const deep = fc.dictionary(key, fc.oneof(value, flat));
    fc.assert(
      fc.property(deep, deep, (original, patch) => {
        const plain: JsonObject = JSON.parse(JSON.stringify(original));
        const change: JsonObject = JSON.parse(JSON.stringify(patch));
        const result = strategicMergePatch(podSpec, plain, change);
        assert(result.ok);
        assert.deepEqual(result.object, mergePatch(plain, change));
      }),
    );
  });

  test("leaves the original as it was", () => {
    const before = structuredClone(two);
    strategicMergePatch(podSpec, two, { containers: [{ name: "a", image: null }] });
    assert.deepEqual(two, before);
  });
});
