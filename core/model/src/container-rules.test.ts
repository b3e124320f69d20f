import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

/** What is wrong with a pod: the fields, without `spec.`, and the first words. */
function check(spec: object): string[] {
  const resource = resourceOfKind("v1", "Pod");
  assert(resource);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec };
  return validate(resource, pod).map(
    ({ field, message }) => `${field.replace("spec.", "")}: ${message.slice(0, 50)}`,
  );
}

function checkContainer(rest: object): string[] {
  const prefix = "containers[0]";
  return check({ containers: [{ name: "a", image: "b", ...rest }] }).map((text) =>
    text.replace(`${prefix}.`, "").replace(prefix, "it"),
  );
}

describe("rules of containers", () => {
  for (const [title, rest, expected] of [
    ["an image", { image: "" }, ["image: Required value"]],
    [
      "a name that is a label",
      { name: "A" },
      ['name: Invalid value: "A": a lowercase RFC 1123 label mus'],
    ],
    [
      "ports of different names",
      {
        ports: [
          { containerPort: 1, name: "p" },
          { containerPort: 2, name: "p" },
        ],
      },
      ['ports[1].name: Duplicate value: "p"'],
    ],
    [
      "port numbers",
      { ports: [{ containerPort: 0 }, { containerPort: 65_536 }, {}] },
      [
        "ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inc",
        "ports[1].containerPort: Invalid value: 65536: must be between 1 and 65535,",
        "ports[2].containerPort: Required value",
      ],
    ],
    [
      "a known protocol and pull policy",
      { imagePullPolicy: "Never!", ports: [{ containerPort: 1, protocol: "tcp" }] },
      [
        'imagePullPolicy: Unsupported value: "Never!": supported values: "Al',
        'ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP"',
      ],
    ],
    [
      "one handler a probe",
      { livenessProbe: {}, readinessProbe: { exec: {}, tcpSocket: { port: 1 } } },
      [
        "livenessProbe: Required value: must specify a handler type",
        "readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler typ",
      ],
    ],
    [
      "probes that succeed at once where they must",
      { livenessProbe: { exec: {}, successThreshold: 2 } },
      ["livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ],
    [
      "one way to name a part of a volume",
      { volumeMounts: [{ name: "v", mountPath: "/v", subPath: "a", subPathExpr: "$(A)" }] },
      [
        'volumeMounts[0].name: Not found: "v"',
        'volumeMounts[0].subPathExpr: Invalid value: "$(A)": subPathExpr and subPath are',
      ],
    ],
    [
      "one handler a hook",
      { lifecycle: { preStop: {} } },
      ["lifecycle.preStop: Required value: must specify a handler type"],
    ],
    [
      "requests within limits",
      {
        resources: { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: 1, memory: "1Gi" } },
      },
      ['resources.requests: Invalid value: "1": must be less than or equal to '],
    ],
    [
      "quantities that are not negative",
      { resources: { limits: { cpu: "-1" } } },
      ['resources.limits[cpu]: Invalid value: "-1": must be greater than or equal'],
    ],
    [
      "devices as many as limited",
      { resources: { limits: { "example.com/gpu": 2 }, requests: { "example.com/gpu": 1 } } },
      ['resources.requests: Invalid value: "1": must be equal to example.com/g'],
    ],
    [
      "named variables",
      { env: [{ value: "x" }, { name: "a=b" }] },
      [
        "env[0].name: Required value",
        'env[1].name: Invalid value: "a=b": a valid environment variable',
      ],
    ],
    [
      "one source a variable",
      {
        env: [
          { name: "a", valueFrom: {} },
          { name: "b", value: "x", valueFrom: { fieldRef: { fieldPath: "x" } } },
        ],
      },
      [
        'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`',
        'env[1].valueFrom: Invalid value: "": may not be specified when `valu',
      ],
    ],
    [
      "a source of variables",
      { envFrom: [{}] },
      ['envFrom[0]: Invalid value: "": must specify one of: `configMap'],
    ],
    [
      "keys that can be",
      { env: [{ name: "a", valueFrom: { configMapKeyRef: { name: "c", key: "a/b" } } }] },
      ['env[0].valueFrom.configMapKeyRef.key: Invalid value: "a/b": a valid config key must cons'],
    ],
  ] as const) {
    test(`want ${title}`, () => {
      assert.deepEqual(checkContainer(rest), expected);
    });
  }

  test("are content with what is right", () => {
    const rest = {
      ports: [{ containerPort: 80, name: "http" }, { containerPort: 81 }],
      env: [{ name: "a", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }, { name: "b" }],
      envFrom: [{ configMapRef: { name: "c" } }],
      livenessProbe: { httpGet: { port: "http" } },
      resources: { limits: { cpu: 1 }, requests: { cpu: "1", memory: "1Gi" } },
    };
    assert.deepEqual(checkContainer(rest), []);
  });
});
