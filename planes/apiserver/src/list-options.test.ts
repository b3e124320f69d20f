import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { listOptionsOf } from "./list-options.ts";

const resource = findResource("", "pods");
assert(resource);

function codeOf(text: string, verb: "list" | "watch"): number {
  const pairs = text.split("&").map((pair) => pair.split("=", 2));
  const query = new Map(
    pairs.map(([key = "", value = ""]) => [key, [decodeURIComponent(value)]] as const),
  );
  assert(resource);
  const options = listOptionsOf({ query }, { resource, name: "" }, verb);
  return options.ok ? 200 : options.status.code;
}

describe("listOptionsOf", () => {
  for (const [verb, query, code] of [
    ["list", "limit=5&labelSelector=a%3Db,!c", 200],
    ["list", "labelSelector=a%20b", 400],
    ["list", "fieldSelector=spec.foo%3Dx", 400],
    ["list", "fieldSelector=spec.nodeName%3Dann,status.phase!%3DFailed", 200],
    ["list", "resourceVersion=abc", 422],
    ["list", "resourceVersionMatch=Exact", 422],
    ["list", "resourceVersionMatch=Exact&resourceVersion=0", 422],
    ["list", "resourceVersionMatch=Exact&resourceVersion=7", 200],
    ["list", "resourceVersionMatch=Sometimes&resourceVersion=7", 422],
    ["list", "resourceVersionMatch=Exact&resourceVersion=7&continue=x", 422],
    ["list", "sendInitialEvents=true", 422],
    ["watch", "resourceVersionMatch=NotOlderThan", 422],
    ["watch", "sendInitialEvents=true", 422],
    ["watch", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan", 200],
  ] as const) {
    test(`answers a ${verb} with ${query} by ${code}`, () => {
      assert.equal(codeOf(query, verb), code);
    });
  }

  test("a name selects one object", () => {
    assert(resource);
    const options = listOptionsOf({ query: new Map() }, { resource, name: "web" }, "watch");
    assert(options.ok);
    const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });
    assert(options.value.selects(pod("web")) && !options.value.selects(pod("web2")));
  });
});
