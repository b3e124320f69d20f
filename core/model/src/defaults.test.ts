import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { objectAt, objectsAt, valueAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";

function completed(kind: string, rest: object, apiVersion = "v1"): KubeObject {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource);
  const once = defaults(resource, { apiVersion, kind, metadata: { name: "a" }, ...rest });
  assert.deepEqual(defaults(resource, once), once, "defaults of what is complete change nothing");
  return once;
}

const podSpec = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
};
const container = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  resources: {},
};

describe("defaults", () => {
  test("complete a pod", () => {
    const probe = { httpGet: { port: 80 }, timeoutSeconds: 0 };
    const pod = completed("Pod", {
      spec: {
        containers: [
          {
            name: "a",
            image: "web",
            ports: [{ containerPort: 80 }],
            livenessProbe: probe,
            resources: { limits: { cpu: 0.5, memory: "1.5Gi" }, requests: { cpu: "100m" } },
          },
        ],
        volumes: [
          { name: "c", configMap: { name: "c" } },
          { name: "s", secret: { secretName: "s", defaultMode: 0 } },
          { name: "e" },
          { name: "h", hostPath: { path: "/x" } },
        ],
      },
    });
    assert.deepEqual(pod.spec, {
      ...podSpec,
      enableServiceLinks: true,
      containers: [
        {
          ...container,
          name: "a",
          image: "web",
          imagePullPolicy: "Always",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          livenessProbe: {
            httpGet: { port: 80, path: "/", scheme: "HTTP" },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          resources: {
            limits: { cpu: "500m", memory: "1536Mi" },
            requests: { cpu: "100m", memory: "1536Mi" },
          },
        },
      ],
      volumes: [
        { name: "c", configMap: { name: "c", defaultMode: 420 } },
        { name: "s", secret: { secretName: "s", defaultMode: 0 } },
        { name: "e", emptyDir: {} },
        { name: "h", hostPath: { path: "/x", type: "" } },
      ],
    });
  });

  for (const [image, policy] of [
    ["web", "Always"],
    ["web:latest", "Always"],
    ["host:5000/web", "Always"],
    ["web:1", "IfNotPresent"],
    ["host:5000/web:1", "IfNotPresent"],
    ["web@sha256:00", "IfNotPresent"],
  ] as const) {
    test(`pull ${image} ${policy}`, () => {
      const pod = completed("Pod", { spec: { containers: [{ name: "a", image }] } });
      assert.equal(objectsAt(pod, "spec", "containers")[0]?.["imagePullPolicy"], policy);
    });
  }

  test("complete a deployment, its template included, which requests nothing by itself", () => {
    const limits = { cpu: "1" };
    const template = {
      metadata: { creationTimestamp: null, labels: { a: "b" } },
      spec: { containers: [{ name: "a", image: "web:1", resources: { limits } }] },
    };
    const deployment = completed(
      "Deployment",
      { spec: { selector: { matchLabels: { a: "b" } }, template } },
      "apps/v1",
    );
    assert.deepEqual(deployment.spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
      },
      selector: { matchLabels: { a: "b" } },
      template: {
        metadata: { labels: { a: "b" } },
        spec: {
          ...podSpec,
          containers: [
            {
              ...container,
              name: "a",
              image: "web:1",
              imagePullPolicy: "IfNotPresent",
              resources: { limits },
            },
          ],
        },
      },
    });
  });

  test("keep what is set, zero replicas too", () => {
    const spec = { replicas: 0, strategy: { type: "Recreate" }, progressDeadlineSeconds: 5 };
    const deployment = completed("Deployment", { spec }, "apps/v1");
    assert.deepEqual(deployment.spec, { ...spec, revisionHistoryLimit: 10 });
  });

  test("complete services of each type", () => {
    const ports = [{ port: 80 }, { port: 81, targetPort: "http", protocol: "UDP" }];
    assert.deepEqual(completed("Service", { spec: { ports } }).spec, {
      type: "ClusterIP",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [
        { port: 80, protocol: "TCP", targetPort: 80 },
        { port: 81, protocol: "UDP", targetPort: "http" },
      ],
    });
    const headless = completed("Service", { spec: { clusterIP: "None" } });
    assert.deepEqual(valueAt(headless, ["spec", "clusterIPs"]), ["None"]);
    const outside = completed("Service", { spec: { type: "LoadBalancer" } });
    assert.equal(valueAt(outside, ["spec", "externalTrafficPolicy"]), "Cluster");
    assert.equal(valueAt(outside, ["spec", "allocateLoadBalancerNodePorts"]), true);
    const sticky = completed("Service", { spec: { sessionAffinity: "ClientIP" } });
    assert.deepEqual(objectAt(sticky, "spec", "sessionAffinityConfig"), {
      clientIP: { timeoutSeconds: 10_800 },
    });
    const free = completed("Service", {
      spec: { sessionAffinity: "None", sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } },
    });
    assert.equal(objectAt(free, "spec", "sessionAffinityConfig"), undefined);
    const external = completed("Service", { spec: { type: "ExternalName", externalName: "x" } });
    assert.deepEqual(external.spec, {
      type: "ExternalName",
      externalName: "x",
      sessionAffinity: "None",
    });
  });

  test("turn the clear text of a secret into data", () => {
    const secret = completed("Secret", { stringData: { a: "hi", b: "ä" }, data: { a: "b2xk" } });
    assert.deepEqual(secret["data"], { a: "aGk=", b: "w6Q=" });
    assert.equal(secret["type"], "Opaque");
    assert(!("stringData" in secret));
  });

  test("label a namespace with its name", () => {
    const namespace = completed("Namespace", {});
    assert.deepEqual(namespace.metadata.labels, { "kubernetes.io/metadata.name": "a" });
    assert.deepEqual(namespace.spec, { finalizers: ["kubernetes"] });
  });

  test("give the ports of a pod on the host's network to the host", () => {
    const containers = [{ name: "a", image: "b", ports: [{ containerPort: 80 }] }];
    const pod = completed("Pod", { spec: { hostNetwork: true, containers } });
    assert.deepEqual(objectsAt(objectsAt(pod, "spec", "containers")[0], "ports"), [
      { containerPort: 80, hostPort: 80, protocol: "TCP" },
    ]);
  });

  test("complete policies, their types by what they say", () => {
    const network = "networking.k8s.io/v1";
    const policy = (spec: object): unknown => completed("NetworkPolicy", { spec }, network).spec;
    assert.deepEqual(policy({ podSelector: {} }), { podSelector: {}, policyTypes: ["Ingress"] });
    assert.deepEqual(policy({ egress: [{ ports: [{ port: 53 }] }] }), {
      egress: [{ ports: [{ port: 53, protocol: "TCP" }] }],
      policyTypes: ["Ingress", "Egress"],
    });
    assert.deepEqual(policy({ egress: [{}], policyTypes: ["Egress"] }), {
      egress: [{}],
      policyTypes: ["Egress"],
    });
    assert.deepEqual(completed("Ingress", {}, network).spec, {});
  });

  test("complete an external workload and its probe", () => {
    const spec = {
      machine: "m1",
      ports: [{ port: 5432 }],
      readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 3 },
    };
    assert.deepEqual(completed("ExternalWorkload", { spec }, "beemesh.io/v1").spec, {
      machine: "m1",
      serviceAccountName: "default",
      address: "127.0.0.1",
      ports: [{ port: 5432, protocol: "TCP" }],
      readinessProbe: {
        tcpSocket: { port: 5432 },
        periodSeconds: 3,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 3,
      },
    });
  });
});
