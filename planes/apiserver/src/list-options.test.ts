import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { listOptionsOf } from "./list-options.ts";

const resource = findResource("", "pods");
assert(resource);

function answerTo(text: string, verb: "list" | "watch"): ReturnType<typeof listOptionsOf> {
  const pairs = text.split("&").map((pair) => pair.split("=", 2));
  const query = new Map(
    pairs.map(([key = "", value = ""]) => [key, [decodeURIComponent(value)]] as const),
  );
  assert(resource);
  return listOptionsOf({ query }, { resource, name: "" }, verb);
}

function codeOf(text: string, verb: "list" | "watch"): number {
  const options = answerTo(text, verb);
  return options.ok ? 200 : options.status.code;
}

/** What is wrong with each field, as kube-apiserver says it. */
function causesOf(text: string, verb: "list" | "watch"): readonly string[] {
  const options = answerTo(text, verb);
  if (options.ok) return [];
  const causes = options.status.details?.causes ?? [];
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

describe("listOptionsOf", () => {
  for (const [verb, query, code] of [
    ["list", "limit=5&labelSelector=a%3Db,!c", 200],
    ["list", "labelSelector=a%20b", 400],
    ["list", "fieldSelector=spec.foo%3Dx", 400],
    ["list", "fieldSelector=spec.nodeName%3Dann,status.phase!%3DFailed", 200],
    ["list", "resourceVersion=abc", 400],
    ["watch", "resourceVersion=-1", 400],
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

  const forbidden = "resourceVersionMatch: Forbidden:";
  const initial = "sendInitialEvents is provided";
  const unsupported = "resourceVersionMatch: Unsupported value:";
  /** Source: k8s.io/apimachinery, meta/internalversion/validation. */
  for (const [verb, query, ...causes] of [
    [
      "list",
      "resourceVersionMatch=Exact&resourceVersion=0&continue=x",
      `${forbidden} resourceVersionMatch is forbidden when continue is provided`,
      `${forbidden} resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
    ],
    [
      "list",
      "resourceVersionMatch=Sometimes",
      `${forbidden} resourceVersionMatch is forbidden unless resourceVersion is provided`,
      `${unsupported} "Sometimes": supported values: "Exact", "NotOlderThan", ""`,
    ],
    [
      "list",
      "sendInitialEvents=true",
      "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
    ],
    [
      "watch",
      "resourceVersionMatch=Exact&resourceVersion=7",
      `${forbidden} resourceVersionMatch is forbidden for watch unless ${initial}`,
      `${unsupported} "Exact": supported values: "NotOlderThan"`,
    ],
    [
      "watch",
      "sendInitialEvents=true",
      `${forbidden} sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
    ],
  ] as const) {
    test(`says all that is wrong with a ${verb} with ${query}`, () => {
      assert.deepEqual(causesOf(query, verb), causes);
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
