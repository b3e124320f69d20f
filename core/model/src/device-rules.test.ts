import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { valueAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const apiVersion = "resource.k8s.io/v1";

function whole(kind: string, rest: object): KubeObject {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource, kind);
  const metadata = { name: "a", ...(resource.namespaced ? { namespace: "n" } : {}) };
  return defaults(resource, { apiVersion, kind, metadata, ...rest });
}

function causes(kind: string, rest: object, before?: object): readonly string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource, kind);
  const old = before === undefined ? undefined : whole(kind, before);
  return validate(resource, whole(kind, rest), old).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

const exactly = { deviceClassName: "gpu.example" };
const claimOf = (devices: object): object => ({ spec: { devices } });
const claim = (devices: object): readonly string[] => causes("ResourceClaim", claimOf(devices));

describe("rules for claims of devices", () => {
  test("a request is for one device of a class, unless it says how many", () => {
    const requests = [{ name: "one", exactly }];
    assert.deepEqual(claim({ requests }), []);
    const made = whole("ResourceClaim", claimOf({ requests }));
    assert.deepEqual(valueAt(made, ["spec", "devices", "requests"]), [
      { name: "one", exactly: { ...exactly, allocationMode: "ExactCount", count: 1 } },
    ]);
    const all = { ...exactly, allocationMode: "All" };
    assert.deepEqual(claim({ requests: [{ name: "one", exactly: all }] }), []);
    assert.deepEqual(claim({ requests: [{ name: "one", exactly: { ...all, count: 2 } }] }), [
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when " +
        "allocationMode is 'All'",
    ]);
    assert.deepEqual(claim({ requests: [{ name: "one", exactly: { ...exactly, count: -1 } }] }), [
      "spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero",
    ]);
    const some = { ...exactly, allocationMode: "Some" };
    assert.match(
      claim({ requests: [{ name: "one", exactly: some }] })[0] ?? "",
      /allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"$/u,
    );
  });

  test("a request is exact, or has choices; names are its own", () => {
    const rule = "exactly one of `exactly` or `firstAvailable` is required";
    assert.deepEqual(claim({ requests: [{ name: "one" }] }), [
      `spec.devices.requests[0]: Required value: ${rule}`,
    ]);
    const firstAvailable = [{ name: "sub", ...exactly }];
    assert.deepEqual(claim({ requests: [{ name: "one", exactly, firstAvailable }] }), [
      `spec.devices.requests[0]: Invalid value: null: ${rule}, but multiple fields are set`,
    ]);
    const twice = { name: "one", exactly };
    assert.deepEqual(claim({ requests: [twice, twice] }), [
      'spec.devices.requests[1]: Duplicate value: "one"',
    ]);
    const selectors = [{}];
    assert.deepEqual(claim({ requests: [{ name: "one", exactly: { ...exactly, selectors } }] }), [
      "spec.devices.requests[0].exactly.selectors[0].cel: Required value",
    ]);
  });

  test("constraints and settings speak of requests that there are", () => {
    const firstAvailable = [{ name: "sub", ...exactly }];
    const requests = [
      { name: "one", exactly },
      { name: "two", firstAvailable },
    ];
    const opaque = { driver: "d.example", parameters: { a: 1 } };
    const right = {
      requests,
      constraints: [{ requests: ["one", "two/sub"], matchAttribute: "d.example/model" }],
      config: [{ requests: ["two"], opaque }],
    };
    assert.deepEqual(claim(right), []);
    const wrong = {
      requests,
      constraints: [{ requests: ["three", "one", "one"] }, { matchAttribute: "model" }],
      config: [{ requests: ["two/other"] }],
    };
    assert.deepEqual(
      claim(wrong).map((text) => text.split(": ").slice(0, 2).join(": ")),
      [
        "spec.devices.constraints[0].requests[0]: Invalid value",
        "spec.devices.constraints[0].requests[2]: Duplicate value",
        "spec.devices.config[0].requests[0]: Invalid value",
        "spec.devices.constraints[0].matchAttribute: Required value",
        "spec.devices.constraints[1].matchAttribute: Invalid value",
        "spec.devices.config[0].opaque: Required value",
      ],
    );
  });

  test("what is asked for stays, and what is given is given whole", () => {
    const before = claimOf({ requests: [{ name: "one", exactly }] });
    const other = claimOf({ requests: [{ name: "two", exactly }] });
    assert.match(causes("ResourceClaim", other, before)[0] ?? "", /^spec: .*field is immutable$/u);
    const given = (device: string): object => ({
      ...before,
      status: {
        allocation: {
          devices: { results: [{ request: "one", driver: "d.example", pool: "p", device }] },
        },
      },
    });
    assert.deepEqual(causes("ResourceClaim", given("a"), before), []);
    assert.deepEqual(causes("ResourceClaim", before, given("a")), []);
    assert.match(
      causes("ResourceClaim", given("b"), given("a"))[0] ?? "",
      /^status\.allocation: .*field is immutable$/u,
    );
    const reservedFor = [{ resource: "pods", name: "p", uid: "u" }];
    assert.deepEqual(causes("ResourceClaim", { ...before, status: { reservedFor } }), [
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
    ]);
  });
});

describe("rules for slices of devices", () => {
  const spec = { driver: "d.example", pool: { name: "p/q", generation: 1, resourceSliceCount: 1 } };
  const slice = (rest: object): readonly string[] =>
    causes("ResourceSlice", { spec: { ...spec, nodeName: "m1", ...rest } });

  test("its devices are in one place", () => {
    assert.deepEqual(slice({}), []);
    const places = "`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`";
    const rule = `exactly one of ${places} is required`;
    assert.deepEqual(slice({ nodeName: undefined }), [`spec: Required value: ${rule}`]);
    assert.deepEqual(slice({ allNodes: true }), [
      `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${rule}, but multiple fields are set`,
    ]);
    assert.match(slice({ allNodes: false })[0] ?? "", /^spec\.allNodes: .* unset or set to true$/u);
    const [device, placed] = [{ name: "a" }, { name: "a", nodeName: "m1" }];
    assert.match(slice({ devices: [placed] })[0] ?? "", /can only be set if `perDevice/u);
    const each = { nodeName: undefined, perDeviceNodeSelection: true };
    assert.deepEqual(slice({ ...each, devices: [placed] }), []);
    assert.match(slice({ ...each, devices: [device] })[0] ?? "", /^spec\.devices\[0\]: Required/u);
  });

  test("pools and devices have names, counts and limits", () => {
    const pool = { name: "P", generation: -1, resourceSliceCount: 0 };
    assert.deepEqual(
      slice({ pool, driver: "d".repeat(64) }).map((text) => text.split(": ")[0]),
      ["spec.driver", "spec.pool.name", "spec.pool.resourceSliceCount", "spec.pool.generation"],
    );
    const many = Array.from({ length: 129 }, (_, index) => ({ name: `d${index}` }));
    assert.deepEqual(slice({ devices: many }), [
      "spec.devices: Too many: 129: must have at most 128 items",
    ]);
    assert.deepEqual(slice({ devices: [{ name: "a" }, { name: "a" }] }), [
      'spec.devices[1]: Duplicate value: "a"',
    ]);
    const counters = { sharedCounters: [{ name: "c", counters: { a: { value: "1" } } }] };
    assert.deepEqual(slice({ ...counters, devices: [{ name: "a" }] }), [
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
    ]);
  });

  test("an attribute has one value, and a name", () => {
    const having = (attributes: object): readonly string[] =>
      slice({ devices: [{ name: "a", attributes }] });
    const right = { model: { string: "x" }, "e.example/rev": { version: "1.0.0-rc.1+b" } };
    assert.deepEqual(having(right), []);
    assert.deepEqual(having({ model: {} }), [
      'spec.devices[0].attributes[model]: Invalid value: "": exactly one value must be specified',
    ]);
    assert.match(having({ model: { int: 1, bool: true } })[0] ?? "", /exactly one value/u);
    assert.match(having({ rev: { version: "1.0" } })[0] ?? "", /semver\.org/u);
    assert.match(having({ "a/b/c": { int: 1 } })[0] ?? "", /more than one slash/u);
    assert.match(having({ "/b": { int: 1 } })[0] ?? "", /domain must not be empty/u);
    assert.match(having({ "1b": { int: 1 } })[0] ?? "", /C identifier/u);
    const policy = { capacity: { memory: { value: "1Gi", requestPolicy: { default: "1Gi" } } } };
    assert.deepEqual(slice({ devices: [{ name: "a", ...policy }] }), [
      "spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations " +
        "must be true",
    ]);
  });

  test("whose it is stays", () => {
    const before = { spec: { ...spec, nodeName: "m1" } };
    const after = { spec: { ...spec, driver: "e.example", nodeName: "m2" } };
    assert.deepEqual(
      causes("ResourceSlice", after, before).map((text) => text.split(": ")[0]),
      ["spec.driver", "spec.nodeName"],
    );
  });
});
