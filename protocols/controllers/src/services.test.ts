/** What stands behind a Service, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { endpointSliceResource, endpointsResource, podResource, serviceResource } from "./kinds.ts";
import { isService, type Service } from "./service.ts";
import { Village } from "./village.ts";

function pod(name: string, port: number): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, labels: { app: "web" } },
    spec: {
      containers: [{ name: "c", image: "i", ports: [{ name: "http", containerPort: port }] }],
    },
  };
}

function service(spec: Partial<Service["spec"]> = {}, uid = "S"): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", uid },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }], ...spec },
  };
}

function namesIn(objects: readonly KubeObject[]): string[] {
  return [...JSON.stringify(objects).matchAll(/"kind":"Pod","name":"(\w+)"/gu)].map(
    ([, name]) => name ?? "",
  );
}

function settled(...objects: readonly KubeObject[]): Village {
  const village = new Village({ machines: 3 });
  for (const object of objects) village.apply(object);
  village.pass(3000);
  return village;
}

describe("a Service", () => {
  test("has its ready pods behind it, in both kinds of objects", () => {
    const village = settled(service(), pod("a", 8080), pod("b", 8080));
    assert.deepEqual(namesIn(village.list(endpointSliceResource)), ["a", "b"]);
    assert.deepEqual(namesIn(village.list(endpointsResource)), ["a", "b"]);
    const [slice] = village.list(endpointSliceResource);
    assert.deepEqual(slice?.["ports"], [{ name: "", port: 8080, protocol: "TCP" }]);
    assert.equal(slice?.metadata.labels?.["kubernetes.io/service-name"], "web");
  });

  test("groups pods whose named port is another number", () => {
    const village = settled(service(), pod("a", 8080), pod("b", 9090));
    const ports = village
      .list(endpointSliceResource)
      .map((slice) => JSON.stringify(slice["ports"]));
    const numbers = ports.map((text) => /"port":(\d+)/u.exec(text)?.[1] ?? "");
    assert.deepEqual(new Set(numbers), new Set(["8080", "9090"]));
    village.apply(pod("b", 8080));
    village.delete(podResource, "b");
    village.pass(2000);
    assert.equal(village.list(endpointSliceResource).length, 1, "the other one is removed");
  });

  test("loses the pods of a machine that is dead", () => {
    const village = settled(service(), pod("a", 1), pod("b", 1), pod("c", 1));
    const machine = village.running()[0]?.machine ?? "";
    const left = village.running().filter((each) => each.machine !== machine).length;
    village.crash(Number(machine.slice(1)));
    village.pass(3000);
    const other = machine === "m0" ? 1 : 0;
    assert.equal(namesIn(village.list(endpointSliceResource, other)).length, left);
  });

  test("that publishes them has unready pods too", () => {
    const village = new Village({ machines: 1, startMs: 1_000_000 });
    village.apply(service({ publishNotReadyAddresses: true }));
    village.apply({ ...pod("a", 1), status: {} });
    village.pass(1000);
    assert.equal(namesIn(village.list(endpointSliceResource)).length, 0, "no address yet");
  });

  test("has an address of its own, unless it wants none", () => {
    const [plain] = settled(service()).list(serviceResource);
    assert(plain !== undefined && isService(plain));
    assert.match(plain.spec.clusterIP ?? "", /^10\.\d+\.\d+\.\d+$/u);
    assert.deepEqual(plain.spec.clusterIPs, [plain.spec.clusterIP]);
    const [headless] = settled(service({ clusterIP: "None" })).list(serviceResource);
    assert(headless !== undefined && isService(headless));
    assert.equal(headless.spec.clusterIP, "None");
    const [external] = settled(service({ type: "ExternalName" })).list(serviceResource);
    assert(external !== undefined && isService(external));
    assert.equal(external.spec.clusterIP, undefined);
  });

  test("gets another address if an older one has the same", () => {
    const own = { clusterIP: "10.96.9.9", clusterIPs: ["10.96.9.9"] };
    const older = service(own, "O");
    const first = { ...older.metadata, name: "older", creationTimestamp: "2026-01-01T00:00:00Z" };
    const later = { ...service(own).metadata, creationTimestamp: "2026-01-02T00:00:00Z" };
    const village = settled({ ...older, metadata: first }, { ...service(own), metadata: later });
    const addresses = village
      .list(serviceResource)
      .map((object) => (isService(object) ? object.spec.clusterIP : ""));
    assert.equal(addresses[0], "10.96.9.9");
    assert.notEqual(addresses[1], "10.96.9.9");
  });

  test("that is deleted takes its endpoints with it", () => {
    const village = settled(service(), pod("a", 1));
    village.delete(serviceResource, "web");
    village.pass(2000);
    assert.deepEqual(village.list(endpointSliceResource), []);
    assert.deepEqual(village.list(endpointsResource), []);
  });
});
