import assert from "node:assert/strict";
import { test } from "node:test";
import { collectionOf, entryText } from "./entry.ts";
import { formatStamp } from "./stamp.ts";

test("collectionOf names resource, group and namespace", () => {
  assert.equal(collectionOf("pods", "", "default"), "pods/default");
  assert.equal(collectionOf("deployments", "apps", "shop"), "deployments.apps/shop");
  assert.equal(collectionOf("nodes", ""), "nodes/-");
});

test("entryText differs whenever one member differs", () => {
  const entry = {
    collection: "pods/default",
    name: "web",
    part: "spec",
    stamp: formatStamp({ wallMs: 1, counter: 0, machine: "ann" }),
    author: "ann",
    body: "{}",
  } as const;
  const texts = [
    entry,
    { ...entry, collection: "pods/other" },
    { ...entry, name: "web2" },
    { ...entry, part: "status:1" } as const,
    { ...entry, author: "bob" },
    { ...entry, body: "" },
  ].map(entryText);
  assert.equal(new Set(texts).size, texts.length);
});
