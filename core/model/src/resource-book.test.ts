import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "./object.ts";
import { findResource } from "./resource.ts";
import { ResourceBook } from "./resource-book.ts";

interface Wish {
  readonly plural: string;
  readonly kind?: string;
  readonly shortNames?: readonly string[];
  readonly group?: string;
  readonly at?: string;
}

function definition({ plural, kind = plural, shortNames = [], group, at }: Wish): KubeObject {
  const home = group ?? "example.com";
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${home}`,
      uid: plural,
      creationTimestamp: at ?? "2026-01-01T00:00:00Z",
    },
    spec: {
      group: home,
      names: { plural, kind, shortNames, singular: `${plural}-one` },
      versions: [
        { name: "v1", served: true, storage: true },
        { name: "v2", served: true, storage: false },
        { name: "v3", served: false, storage: false },
      ],
    },
  };
}

test("a definition makes resources, as long as it is known", () => {
  const book = new ResourceBook();
  book.miss("example.com", "widgets");
  assert(book.isLacking);
  const before = book.edition;
  assert.deepEqual(book.learn(definition({ plural: "widgets" })), ["example.com/widgets"]);
  assert(!book.isLacking);
  assert.notEqual(book.edition, before);
  assert.equal(book.find("example.com", "widgets")?.version, "v1");
  assert.equal(book.serving("example.com", "v2", "widgets")?.version, "v2");
  assert.equal(book.serving("example.com", "v3", "widgets"), undefined);
  assert.equal(book.ofKind("example.com/v2", "widgets")?.version, "v1");
  assert(book.all.some(({ name }) => name === "widgets"));
  assert.deepEqual(book.forget("widgets.example.com"), ["example.com/widgets"]);
  assert.equal(book.find("example.com", "widgets"), undefined);
});

test("the API's own resources are there, and nobody takes their names", () => {
  const book = new ResourceBook();
  assert.equal(book.find("apps", "deployments"), findResource("apps", "deployments"));
  assert.equal(book.serving("apps", "v2", "deployments"), undefined);
  assert.equal(book.ofKind("v1", "Pod")?.name, "pods");
  const thief = definition({ plural: "things", kind: "Deployment", group: "apps" });
  assert.deepEqual(book.learn(thief), []);
  assert.equal(book.conflictOf("things.apps")?.reason, "ListKindConflict");
});

test("of two that want a name the older one has it, in whatever order they came", () => {
  const old = definition({ plural: "a", shortNames: ["x"] });
  const young = definition({ plural: "b", shortNames: ["x"], at: "2026-02-01T00:00:00Z" });
  for (const order of [
    [old, young],
    [young, old],
  ]) {
    const book = new ResourceBook();
    for (const each of order) book.learn(each);
    assert(book.find("example.com", "a"));
    assert.equal(book.find("example.com", "b"), undefined);
    assert.deepEqual(book.conflictOf("b.example.com"), {
      reason: "ShortNamesConflict",
      message: '"x" is already in use',
    });
    assert.deepEqual(book.forget("a.example.com").toSorted(), ["example.com/a", "example.com/b"]);
    assert(book.find("example.com", "b"));
  }
});

test("what was made of a definition holds when only its status has changed", () => {
  const book = new ResourceBook();
  const first = definition({ plural: "a" });
  book.learn(first);
  const row = book.find("example.com", "a");
  assert.deepEqual(book.learn({ ...first, status: {} }), []);
  assert.equal(book.find("example.com", "a"), row);
});

test("a record whose name is another's speaks for nobody", () => {
  const book = new ResourceBook();
  const { metadata, ...rest } = definition({ plural: "a" });
  book.learn({ ...rest, metadata: { ...metadata, name: "other.example.com" } });
  assert.equal(book.find("example.com", "a"), undefined);
});
