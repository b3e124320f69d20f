import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { resourceOfKind } from "./resource.ts";
import { warningsFor } from "./warnings.ts";

function fields(apiVersion: string, kind: string, spec: object): string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource);
  const body = { apiVersion, kind, metadata: { name: "a", finalizers: ["x/y"] }, spec };
  const plain = warningsFor(resource, body);
  assert.deepEqual(warningsFor(resource, defaults(resource, body)), plain, "defaults ask nothing");
  return plain.map((text) => text.replace(" is not supported yet and has no effect", ""));
}

const containers = [{ name: "a", image: "b" }];

describe("warningsFor", () => {
  test("says nothing of what is honoured, or asks for what happens anyway", () => {
    const spec = {
      containers: [
        {
          ...containers[0],
          env: [{ name: "a", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          resources: { limits: { cpu: 1 } },
          securityContext: { runAsUser: 0, privileged: false },
          volumeMounts: [{ name: "v", mountPath: "/v", subPath: "s" }],
        },
      ],
      volumes: [{ name: "v", emptyDir: { sizeLimit: "1Gi" } }],
      tolerations: [{ operator: "Exists" }],
      securityContext: {},
      dnsPolicy: "ClusterFirst",
      hostNetwork: false,
    };
    assert.deepEqual(fields("v1", "Pod", spec), []);
  });

  test("names each field that has no effect, once, and not what is in it", () => {
    const spec = {
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } },
      hostNetwork: true,
      securityContext: { fsGroup: 0, seccompProfile: { type: "Localhost" } },
      containers: [
        {
          ...containers[0],
          ports: [{ containerPort: 1, hostPort: 2 }],
          livenessProbe: { tcpSocket: { port: 1, host: "b" } },
          lifecycle: { postStart: { httpGet: { port: 1, host: "b" } }, preStop: { exec: {} } },
          resources: { requests: { "ephemeral-storage": "1Gi", cpu: 1 } },
          securityContext: { privileged: true, seLinuxOptions: { role: "r" } },
        },
      ],
      volumes: [{ name: "n", nfs: { server: "a", path: "b" } }],
    };
    assert.deepEqual(fields("v1", "Pod", spec).toSorted(), [
      "spec.affinity",
      "spec.containers[0].lifecycle.postStart.httpGet.host",
      "spec.containers[0].livenessProbe.tcpSocket.host",
      "spec.containers[0].resources.requests[ephemeral-storage]",
      "spec.containers[0].securityContext.seLinuxOptions",
      "spec.hostNetwork",
      "spec.securityContext.seccompProfile.type Localhost",
      "spec.volumes[0].nfs",
    ]);
  });

  test("looks into templates, and at the types of services", () => {
    const template = { spec: { containers, priorityClassName: "high" } };
    assert.deepEqual(fields("apps/v1", "Deployment", { replicas: 2, template }), [
      "spec.template.spec.priorityClassName",
    ]);
    assert.deepEqual(fields("v1", "Service", { type: "NodePort", ports: [{ port: 80 }] }), [
      "spec.type NodePort",
    ]);
  });

  test("has nothing to say of what a Job asks for", () => {
    const template = { spec: { containers, restartPolicy: "Never", activeDeadlineSeconds: 5 } };
    const honoured = { completions: 2, backoffLimit: 0, suspend: true, template };
    assert.deepEqual(fields("batch/v1", "Job", honoured), []);
    const podFailurePolicy = { rules: [{ action: "Ignore" }] };
    const spec = { ...honoured, podFailurePolicy, backoffLimitPerIndex: 1, manualSelector: true };
    assert.deepEqual(fields("batch/v1", "Job", spec), []);
  });

  test("is brief about very many", () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      name: `c${index}`,
      image: "b",
      volumeDevices: [{ name: "a", devicePath: "/b" }],
    }));
    const texts = fields("v1", "Pod", { containers: many });
    assert.equal(texts.length, 20);
    assert.equal(texts.at(-1), "11 more fields are not supported yet");
  });

  test("names what Ingress asks for that is not there", () => {
    const backend = { resource: { kind: "Bucket", name: "b" } };
    assert.deepEqual(fields("networking.k8s.io/v1", "Ingress", { defaultBackend: backend }), [
      "spec.defaultBackend.resource",
    ]);
    const service = { name: "web", port: { number: 80 } };
    const rule = { host: "a.b", http: { paths: [{ pathType: "Exact", backend: { service } }] } };
    assert.deepEqual(fields("networking.k8s.io/v1", "Ingress", { rules: [rule] }), []);
  });

  test("says of a kind that nothing acts on that this is so, and no more", () => {
    const spec = { allocateLoadBalancerNodePorts: true, provisioner: "x" };
    assert.deepEqual(fields("storage.k8s.io/v1", "StorageClass", spec), [
      "StorageClass is kept and served; nothing acts on it yet",
    ]);
  });
});
