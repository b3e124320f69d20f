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

const containers = [{ name: "a", image: "b" }];

describe("rules of pods", () => {
  for (const [title, spec, expected] of [
    ["a container", { containers: [] }, ["containers: Required value"]],
    [
      "containers of different names",
      { containers, initContainers: containers },
      ['containers[0].name: Duplicate value: "a"'],
    ],
    [
      "mounts of volumes that are there",
      { containers: [{ ...containers[0], volumeMounts: [{ name: "v", mountPath: "/v" }] }] },
      ['containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      "volumes of different names and one source each",
      {
        containers,
        volumes: [{ name: "v" }, { name: "v", emptyDir: {}, hostPath: { path: "/" } }],
      },
      [
        'volumes[1].name: Duplicate value: "v"',
        "volumes[1].emptyDir: Forbidden: may not specify more than 1 volume type",
      ],
    ],
    [
      "sources that name something",
      {
        containers,
        volumes: [
          { name: "c", configMap: {} },
          { name: "s", secret: {} },
        ],
      },
      ["volumes[0].configMap.name: Required value", "volumes[1].secret.secretName: Required value"],
    ],
    [
      "paths that stay inside",
      { containers, volumes: [{ name: "h", hostPath: { path: "/a/../b" } }] },
      [`volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    ],
    [
      "a known restart policy",
      { containers, restartPolicy: "Sometimes" },
      ['restartPolicy: Unsupported value: "Sometimes": supported values: '],
    ],
    [
      "no probes of what ends before the pod starts",
      { containers, initContainers: [{ name: "i", image: "b", livenessProbe: { exec: {} } }] },
      ["initContainers[0].livenessProbe: Forbidden: may not be set for init containers with"],
    ],
    [
      "each port of the host once",
      {
        containers: [
          { name: "a", image: "b", ports: [{ containerPort: 1, hostPort: 1 }] },
          { name: "c", image: "b", ports: [{ containerPort: 2, hostPort: 1 }] },
        ],
      },
      ["containers[1].ports[0].hostPort: Duplicate value: 1"],
    ],
    [
      "tolerations that make sense",
      { containers, tolerations: [{}, { key: "a", tolerationSeconds: 1 }, { operator: "Exists" }] },
      [
        'tolerations[0].operator: Invalid value: "": operator must be Exists when `k',
        "tolerations[1].effect: Invalid value: \"\": effect must be 'NoExecute' when",
      ],
    ],
    [
      "labels to select nodes by",
      { containers, nodeSelector: { "a b": "c" } },
      ['nodeSelector: Invalid value: "a b": name part must consist of al'],
    ],
    [
      "servers for its own way of resolving names",
      { containers, dnsPolicy: "None" },
      ["dnsConfig: Required value: must provide `dnsConfig` when `dns"],
    ],
  ] as const) {
    test(`want ${title}`, () => {
      assert.deepEqual(check(spec), expected);
    });
  }

  test("are content with a sidecar that is probed, and with an empty volume", () => {
    const sidecar = { name: "i", image: "b", restartPolicy: "Always", livenessProbe: { exec: {} } };
    const spec = {
      containers: [{ ...containers[0], volumeMounts: [{ name: "v", mountPath: "/v" }] }],
      initContainers: [sidecar],
      volumes: [{ name: "v" }],
    };
    assert.deepEqual(check(spec), []);
  });
});
