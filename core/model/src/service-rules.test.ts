import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function check(spec: object): string[] {
  const resource = resourceOfKind("v1", "Service");
  assert(resource);
  const body = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec };
  return validate(resource, body).map(({ field, message }) => `${field}: ${message}`);
}

describe("rules of services", () => {
  for (const spec of [
    { ports: [{ port: 80 }] },
    { clusterIP: "None" },
    { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80 }] },
    { clusterIP: "fd00::1", ports: [{ port: 80 }] },
    { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    { type: "ExternalName", externalName: "example.com" },
    {
      ports: [
        { name: "a", port: 53, protocol: "UDP" },
        { name: "b", port: 53 },
      ],
    },
  ]) {
    test(`take ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), []));
  }

  for (const [spec, expected] of [
    [{}, ["spec.ports: Required value"]],
    [
      { ports: [{ port: 80 }, { name: "b", port: 80 }] },
      [
        "spec.ports[0].name: Required value",
        'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
      ],
    ],
    [
      {
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 81 },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      { ports: [{ port: 80, nodePort: 30_080 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] },
      [
        "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The " +
          "range of valid ports is 30000-32767",
      ],
    ],
    [{ type: "ExternalName" }, ["spec.externalName: Required value"]],
    [
      { type: "Balancer", ports: [{ port: 80 }] },
      [
        'spec.type: Unsupported value: "Balancer": supported values: "ClusterIP", ' +
          '"ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      { clusterIP: "10.0.0.300", ports: [{ port: 80 }] },
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. ' +
          "10.9.8.7 or 2001:db8::ffff)",
      ],
    ],
    [
      { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.2"], ports: [{ port: 80 }] },
      ['spec.clusterIPs[0]: Invalid value: "10.0.0.2": first value must match `clusterIP`'],
    ],
  ] as const) {
    test(`refuse ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), expected));
  }
});
