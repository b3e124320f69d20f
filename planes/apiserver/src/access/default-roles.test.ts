import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, validate } from "@beemesh/model";
import { defaultBindings, defaultRoles, rbacGroup } from "./default-roles.ts";
import { rulesOf } from "./rule.ts";

const same = (name: string): string => name;

describe("the default roles", () => {
  test("are valid objects with names of their own", () => {
    for (const [plural, objects] of [
      ["clusterroles", defaultRoles(same)],
      ["clusterrolebindings", defaultBindings(same)],
    ] as const) {
      const resource = findResource(rbacGroup, plural);
      assert(resource);
      const names = new Set(objects.map(({ metadata }) => metadata.name));
      assert.equal(names.size, objects.length);
      for (const object of objects) assert.deepEqual(validate(resource, object), []);
    }
  });

  test("are bound only if they are there", () => {
    const names = new Set(defaultRoles(same).map(({ metadata }) => metadata.name));
    for (const { metadata } of defaultBindings(same)) assert(names.has(metadata.name));
  });

  test("name verbs, groups and resources in every rule", () => {
    for (const role of defaultRoles(same)) {
      for (const rule of rulesOf(role)) {
        const isWhole = rule.resources.length > 0 && rule.apiGroups.length > 0;
        assert(rule.verbs.length > 0 && (isWhole || rule.nonResourceURLs.length > 0));
        assert(![...rule.verbs, ...rule.resources].some((text) => /[\s,]/u.test(text) || !text));
      }
    }
  });

  test("let nobody read secrets who may only view", () => {
    const view = defaultRoles(same).find(({ metadata }) => metadata.name.endsWith("-to-view"));
    assert(rulesOf(view).every(({ resources }) => !resources.includes("secrets")));
  });
});
