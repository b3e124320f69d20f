import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { routeRequest } from "./service-router.ts";

function serviceOf(name: string, annotations: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop", annotations },
  };
}

function sliceOf(service: string, uid: string, ready: boolean): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-1`,
      namespace: "shop",
      labels: { "kubernetes.io/service-name": service },
    },
    ports: [{ name: "http", port: 8080 }],
    endpoints: [{ targetRef: { uid }, nodeName: "m1", conditions: { ready } }],
  };
}

function storeOf(...objects: KubeObject[]): ObjectStore {
  const list: ObjectStore["list"] = ({ kind }, namespace) => ({
    items: objects.filter(
      (object) =>
        object.kind === kind &&
        (namespace === undefined || object.metadata.namespace === namespace),
    ),
    revision: "1",
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- routing only lists
  return { list } as ObjectStore;
}

const routed = (store: ObjectStore, host: string, path: string): string => {
  const route = routeRequest(store, { host, path });
  return route.kind === "found" ? route.service : `unknown of ${route.services.length}`;
};

describe("routeRequest", () => {
  test("prefers the host, then the longest path, then the only service", () => {
    const store = storeOf(
      serviceOf("web"),
      serviceOf("api", { "beemesh.io/path": "/api" }),
      serviceOf("v2", { "beemesh.io/path": "/api/v2" }),
    );
    assert.equal(routed(store, "web.shop.svc.cluster.local:8080", "/api"), "web.shop");
    assert.equal(routed(store, "localhost", "/api/v2/x"), "v2.shop");
    assert.equal(routed(store, "localhost", "/apix"), "unknown of 3");
    assert.equal(routed(storeOf(serviceOf("web")), "localhost:8080", "/"), "web.shop");
  });

  test("gives the ready endpoints of the service", () => {
    const store = storeOf(
      serviceOf("web"),
      sliceOf("web", "u1", true),
      sliceOf("web", "u2", false),
    );
    const route = routeRequest(store, { host: "localhost", path: "/" });
    assert.deepEqual(route, {
      kind: "found",
      service: "web.shop",
      endpoints: [{ place: { uid: "u1", machine: "m1" }, port: 8080 }],
    });
  });
});
