import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { objectAt, textAt } from "./members.ts";
import { openApiV3, openApiV3Hash, openApiV3Index } from "./openapi.ts";
import { resources } from "./resource.ts";

describe("openApiV3", () => {
  test("describes every served kind, with all that it refers to", () => {
    for (const { group, version, kind } of resources) {
      const document = openApiV3(group, version);
      const schemas = objectAt(document, "components", "schemas") ?? {};
      const text = JSON.stringify(document);
      assert(text.includes(`"x-kubernetes-group-version-kind":[{"group":"${group}"`), kind);
      for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/gu)) {
        assert(name in schemas, name);
      }
    }
  });

  test("says how lists merge, where clients look for it", () => {
    const schemas = objectAt(openApiV3("", "v1"), "components", "schemas");
    const pod = objectAt(schemas, "io.k8s.api.core.v1.PodSpec");
    assert.deepEqual(objectAt(pod, "properties", "containers"), {
      type: "array",
      items: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.Container" }] },
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
    assert.deepEqual(pod?.["required"], ["containers"]);
  });

  test("has no paths for a group that is not served", () => {
    assert.deepEqual(openApiV3("nothing.example.com", "v1")["paths"], {});
  });
});

test("the index leads to every document, with a hash that stays while it does", () => {
  const index = openApiV3Index();
  assert.deepEqual(openApiV3Index(), index);
  const groups = resources.map(({ group, version }) =>
    group === "" ? `api/${version}` : `apis/${group}/${version}`,
  );
  assert.deepEqual(
    Object.keys(objectAt(index, "paths") ?? {}).toSorted(),
    [...new Set(groups)].toSorted(),
  );
  const url = textAt(index, "paths", "apis/apps/v1", "serverRelativeURL");
  assert.match(url, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/u);
});

test("the list names each document by its hash", () => {
  const url = textAt(objectAt(openApiV3Index(), "paths", "apis/apps/v1"), "serverRelativeURL");
  assert.equal(url, `/openapi/v3/apis/apps/v1?hash=${openApiV3Hash("apps", "v1")}`);
  assert.notEqual(openApiV3Hash("apps", "v1"), openApiV3Hash("batch", "v1"));
});
