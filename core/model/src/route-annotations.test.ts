import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "./index.ts";
import { routeAnnotations } from "./route-annotations.ts";
import { warningsFor } from "./warnings.ts";

function service(annotations: Record<string, string>) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", annotations },
    spec: {},
  };
}

describe("routeAnnotations", () => {
  test("reads durations and counts", () => {
    const { settings, faults } = routeAnnotations(
      service({
        "beemesh.io/request-timeout": "30s",
        "beemesh.io/try-timeout": "500ms",
        "beemesh.io/idle-timeout": "2h",
        "beemesh.io/retries": "0",
        other: "x",
      }),
    );
    assert.deepEqual(settings, { requestMs: 30_000, tryMs: 500, idleMs: 7_200_000, retries: 0 });
    assert.deepEqual(faults, []);
    assert.deepEqual(routeAnnotations(service({})), { settings: {}, faults: [] });
  });

  for (const [name, text] of [
    ["request-timeout", "30"],
    ["request-timeout", "0s"],
    ["request-timeout", "25h"],
    ["request-timeout", "1.5s"],
    ["try-timeout", "-1s"],
    ["idle-timeout", "999ms"],
    ["retries", "6"],
    ["retries", "one"],
  ] as const)
    test(`says what is wrong with ${name}: ${text}`, () => {
      const object = service({ [`beemesh.io/${name}`]: text });
      const { settings, faults } = routeAnnotations(object);
      assert.deepEqual(settings, {});
      assert.equal(faults.length, 1);
      const resource = findResource("", "services");
      assert(resource);
      assert.match(warningsFor(resource, object).join(), new RegExp(`beemesh.io/${name}`, "u"));
    });
});
