import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Attributes,
  allows,
  beyond,
  grantsMax,
  type PolicyRule,
  rulesOf,
  ruleText,
} from "./rule.ts";

const nothing = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };

function rule(verbs: string, resources: string, rest: Partial<PolicyRule> = {}): PolicyRule {
  const split = (text: string): string[] => text.split(",").filter((part) => part !== "");
  return { ...nothing, apiGroups: [""], verbs: split(verbs), resources: split(resources), ...rest };
}

function wish(verb: string, resource: string, name = ""): Attributes {
  const [plural = "", subresource = ""] = resource.split("/");
  return { verb, group: "", resource: plural, subresource, namespace: "default", name, path: "" };
}

describe("allows", () => {
  for (const [granted, wanted, expected] of [
    [rule("get", "pods"), wish("get", "pods"), true],
    [rule("get", "pods"), wish("list", "pods"), false],
    [rule("get", "pods"), wish("get", "pods/log"), false],
    [rule("get", "pods/log"), wish("get", "pods/log"), true],
    [rule("get", "pods/log"), wish("get", "pods"), false],
    [rule("get", "*/scale"), wish("get", "deployments/scale"), true],
    [rule("get", "*/scale"), wish("get", "deployments"), false],
    [rule("*", "*"), wish("delete", "pods/status"), true],
    [rule("get", "pods", { resourceNames: ["a"] }), wish("get", "pods", "a"), true],
    [rule("get", "pods", { resourceNames: ["a"] }), wish("get", "pods", "b"), false],
    [rule("list", "pods", { resourceNames: ["a"] }), wish("list", "pods"), false],
    [rule("get", "pods", { apiGroups: ["apps"] }), wish("get", "pods"), false],
    [rule("get", "pods", { apiGroups: ["*"] }), wish("get", "pods"), true],
  ] as const) {
    test(`${ruleText(granted)}: ${wanted.verb} ${wanted.resource}/${wanted.subresource}`, () => {
      assert.equal(allows(granted, wanted), expected);
    });
  }

  test("knows paths", () => {
    const path = (text: string): Attributes => ({ ...wish("get", ""), path: text });
    const granted = rule("get", "", { nonResourceURLs: ["/healthz", "/apis/*"] });
    assert(allows(granted, path("/healthz")));
    assert(!allows(granted, path("/healthz/etcd")));
    assert(allows(granted, path("/apis/apps/v1")));
    assert(!allows(granted, path("/apis")));
    assert(allows(rule("*", "", { nonResourceURLs: ["*"] }), path("/metrics")));
    assert(!allows(rule("*", "*"), path("/metrics")), "resources are no paths");
  });
});

describe("rulesOf", () => {
  test("reads what is there, whatever its shape", () => {
    assert.deepEqual(rulesOf({ rules: [{ verbs: ["get", 7], resources: "pods" }] }), [
      { ...nothing, verbs: ["get"] },
    ]);
    assert.deepEqual(rulesOf({ rules: "all" }), []);
    assert.deepEqual(rulesOf(undefined), []);
  });
});

describe("beyond", () => {
  test("names what nobody may hand on who does not have it", () => {
    const held = [rule("get,list", "pods"), rule("*", "secrets", { resourceNames: ["a"] })];
    assert.deepEqual(beyond(held, [rule("get,list", "pods")]), []);
    assert.deepEqual(beyond(held, [rule("get", "pods", { resourceNames: ["x"] })]), []);
    assert.deepEqual(beyond(held, [rule("get,watch", "pods")]), [rule("watch", "pods")]);
    assert.deepEqual(beyond(held, [rule("get", "secrets")]), [rule("get", "secrets")]);
    assert.deepEqual(beyond(held, [rule("*", "pods")]), [rule("*", "pods")]);
    assert.deepEqual(beyond([rule("*", "*")], [rule("*", "*")]), []);
    assert.deepEqual(beyond([rule("get", "*/log")], [rule("get", "pods/log")]), []);
  });

  test("compares paths by their beginnings", () => {
    const under = (url: string): PolicyRule => ({
      ...nothing,
      verbs: ["get"],
      nonResourceURLs: [url],
    });
    assert.deepEqual(beyond([under("/apis/*")], [under("/apis/apps/*")]), []);
    assert.deepEqual(beyond([under("/apis")], [under("/apis/*")]), [under("/apis/*")]);
  });

  test("takes no role that would be long to compare", () => {
    const many = Array.from({ length: 200 }, (_, index) => `r${index}`);
    const large = { ...nothing, verbs: many, apiGroups: [""], resources: many };
    assert(200 * 200 > grantsMax);
    assert.equal(beyond([], [large]), undefined);
  });
});
