import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Container, KubeObject, Pod } from "@beemesh/model";
import { environmentOf } from "./environment.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "shop", uid: "U" },
  spec: { containers: [] },
};
const facts = { nodeName: "ann", hostIp: "", podIp: "", cpuMillicores: 1000, memoryBytes: 1 };

function lookup(resource: string, namespace: string, name: string): KubeObject | undefined {
  if (namespace !== "shop" || name !== "conf") return undefined;
  const metadata = { name, namespace };
  if (resource === "secrets") {
    return { apiVersion: "v1", kind: "Secret", metadata, data: { KEY: "aG9uZXk=" } };
  }
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { KEY: "plain", "a=b": "no" } };
}

function environment(
  container: Omit<Container, "name" | "image">,
  services: readonly KubeObject[] = [],
): unknown {
  const whole = { name: "web", image: "nginx", ...container };
  const result = environmentOf({ pod, container: whole, lookup, facts, services });
  return result.ok ? Object.fromEntries(result.value) : result.missing.message;
}

describe("environmentOf", () => {
  test("takes envFrom first, lets env win and refer to what stands before it", () => {
    assert.deepEqual(
      environment({
        envFrom: [
          { configMapRef: { name: "conf" } },
          { prefix: "S_", secretRef: { name: "conf" } },
        ],
        env: [
          { name: "KEY", value: "mine" },
          { name: "BOTH", value: "$(KEY)-$(S_KEY)-$(LATER)" },
          { name: "LATER", value: "x" },
        ],
      }),
      { KEY: "mine", S_KEY: "honey", BOTH: "mine-$(S_KEY)-$(LATER)", LATER: "x" },
    );
  });

  test("begins with where Services are, which env may refer to, and hide", () => {
    const spec = { clusterIP: "10.96.0.9", ports: [{ port: 80 }] };
    const metadata = { name: "db", namespace: "shop" };
    const env = [
      { name: "URL", value: "http://$(DB_SERVICE_HOST)" },
      { name: "DB_PORT", value: "mine" },
    ];
    const found = environment({ env }, [{ apiVersion: "v1", kind: "Service", metadata, spec }]);
    const { URL, DB_PORT, DB_SERVICE_PORT } = Object(found);
    assert.deepEqual([URL, DB_PORT, DB_SERVICE_PORT], ["http://10.96.0.9", "mine", "80"]);
  });

  test("reads fields, resources, keys", () => {
    assert.deepEqual(
      environment({
        env: [
          { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
          { name: "PLAIN", valueFrom: { configMapKeyRef: { name: "conf", key: "KEY" } } },
          { name: "SECRET", valueFrom: { secretKeyRef: { name: "conf", key: "KEY" } } },
        ],
      }),
      { NAME: "web-1", CPU: "1", PLAIN: "plain", SECRET: "honey" },
    );
  });

  test("leaves out what is optional, names what is missing", () => {
    const configMapKeyRef = { name: "none", key: "KEY" };
    assert.deepEqual(
      environment({
        envFrom: [{ secretRef: { name: "none", optional: true } }],
        env: [
          { name: "A", valueFrom: { configMapKeyRef: { ...configMapKeyRef, optional: true } } },
        ],
      }),
      {},
    );
    assert.equal(
      environment({ env: [{ name: "A", valueFrom: { configMapKeyRef } }] }),
      'configmap "none" not found',
    );
    assert.equal(
      environment({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.x" } } }] }),
      "unsupported field spec.x",
    );
  });
});
