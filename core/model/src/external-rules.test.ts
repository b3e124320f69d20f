import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const apiVersion = "beemesh.io/v1";

function check(spec: object): string[] {
  const resource = resourceOfKind(apiVersion, "ExternalWorkload");
  assert(resource);
  const body = { apiVersion, kind: "ExternalWorkload", metadata: { name: "db" }, spec };
  return validate(resource, defaults(resource, body)).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

const right = { machine: "m1", ports: [{ port: 5432 }] };

describe("rules of external workloads", () => {
  for (const spec of [
    right,
    { ...right, address: "10.0.0.7", serviceAccountName: "db" },
    { ...right, address: "::1", readinessProbe: { tcpSocket: { port: 5432 } } },
    { machine: "m1", ports: [], reach: [{ service: "redis", port: 6379, listenPort: 6379 }] },
    {
      ...right,
      ports: [
        { name: "dns", port: 53 },
        { name: "dns-udp", port: 53, protocol: "UDP" },
      ],
    },
  ]) {
    test(`take ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), []));
  }

  for (const [spec, expected] of [
    [{}, ["spec.machine: Required value", "spec.ports: Required value"]],
    [
      { ...right, ports: [{ port: 1 }, { port: 1 }] },
      [
        "spec.ports[0].name: Required value",
        "spec.ports[1].name: Required value",
        'spec.ports[1]: Duplicate value: {"port":1,"protocol":"TCP"}',
      ],
    ],
    [
      { ...right, ports: [{ port: 0, protocol: "SCTP" }] },
      [
        "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        'spec.ports[0].protocol: Unsupported value: "SCTP": supported values: "TCP", "UDP"',
      ],
    ],
    [
      { ...right, address: "db.example" },
      [
        'spec.address: Invalid value: "db.example": must be a valid IP address, (e.g. 10.9.8.7 ' +
          "or 2001:db8::ffff)",
      ],
    ],
    [
      {
        ...right,
        reach: [
          { service: "a", port: 1, listenPort: 1, listenAddress: "10.0.0.1" },
          { service: "b", port: 1, listenPort: 2 },
          { service: "c", port: 0, listenPort: 2 },
          {},
        ],
      },
      [
        'spec.reach[0].listenAddress: Invalid value: "10.0.0.1": must be a loopback address',
        'spec.reach[2]: Duplicate value: {"address":"127.0.0.1","port":2}',
        "spec.reach[2].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "spec.reach[3].service: Required value",
        "spec.reach[3].port: Required value",
        "spec.reach[3].listenPort: Required value",
      ],
    ],
    [{ ...right, readinessProbe: {} }, ["spec.readinessProbe.tcpSocket: Required value"]],
  ] as const) {
    test(`refuse ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), expected));
  }

  for (const address of ["0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "::"]) {
    test(`refuse the address ${address}`, () => {
      const rule = "may not be unspecified, link-local or multicast";
      assert.deepEqual(check({ ...right, address }), [
        `spec.address: Invalid value: "${address}": ${rule}`,
      ]);
    });
  }
});
