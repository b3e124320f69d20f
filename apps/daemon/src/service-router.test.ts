import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { IngressTable } from "./ingress/ingress-table.ts";
import { findService, type RouteWish, routeRequest } from "./service-router.ts";

function serviceOf(
  name: string,
  annotations: Record<string, string> = {},
  ports: readonly object[] = [],
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop", annotations },
    spec: { ports },
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
    ports: [
      { name: "http", port: 8080 },
      { name: "admin", port: 9090 },
    ],
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
  const get: ObjectStore["get"] = (resource, namespace, name) =>
    list(resource, namespace).items.find(({ metadata }) => metadata.name === name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- routing only reads
  return { list, get } as ObjectStore;
}

function tableOf(spec: object): IngressTable {
  const metadata = { name: "way", namespace: "shop" };
  const apiVersion = "networking.k8s.io/v1";
  return new IngressTable([{ apiVersion, kind: "Ingress", metadata, spec }], []);
}

const noTable = new IngressTable([], []);

const routed = (
  store: ObjectStore,
  wish: Partial<RouteWish>,
  table: IngressTable = noTable,
): string => {
  const route = routeRequest(store, table, { host: "h", path: "/", isLocal: true, ...wish });
  if (route.kind === "broken") return `${route.ingress}: ${route.reason}`;
  return route.kind === "found" ? route.service : `unknown of ${route.services.length}`;
};

describe("routeRequest", () => {
  test("prefers the host, then the longest path, then the only service", () => {
    const store = storeOf(
      serviceOf("web"),
      serviceOf("api", { "beemesh.io/path": "/api" }),
      serviceOf("v2", { "beemesh.io/path": "/api/v2" }),
    );
    assert.equal(routed(store, { host: "web.shop.svc.cluster.local", path: "/api" }), "web.shop");
    assert.equal(routed(store, { path: "/api/v2/x" }), "v2.shop");
    assert.equal(routed(store, { path: "/api/v2/../x" }), "api.shop");
    assert.equal(routed(store, { path: "/apix" }), "unknown of 3");
    assert.equal(routed(storeOf(serviceOf("web")), {}), "web.shop");
  });

  test("lets the network in only where somebody has opened a way", () => {
    const store = storeOf(serviceOf("web"));
    assert.equal(routed(store, { host: "web.shop", isLocal: false }), "unknown of 1");
    assert.equal(routed(store, { isLocal: false }), "unknown of 1");
    const open = storeOf(serviceOf("web", { "beemesh.io/path": "/w" }));
    assert.equal(routed(open, { path: "/w", isLocal: false }), "web.shop");
    const table = tableOf({ defaultBackend: { service: { name: "web", port: { number: 80 } } } });
    const served = storeOf(serviceOf("web", {}, [{ port: 80 }]));
    assert.equal(routed(served, { isLocal: false }, table), "web.shop");
  });

  test("asks Ingresses first, and for all the rest before the only service", () => {
    const to = (name: string): object => ({ service: { name, port: { number: 80 } } });
    const ports = [{ port: 80 }];
    const store = storeOf(
      serviceOf("web", {}, ports),
      serviceOf("api", { "beemesh.io/path": "/api" }, ports),
      serviceOf("rest", {}, ports),
    );
    const paths = [{ path: "/", pathType: "Prefix", backend: to("web") }];
    const table = tableOf({
      rules: [{ host: "api.shop", http: { paths } }],
      defaultBackend: to("rest"),
    });
    assert.equal(routed(store, { host: "api.shop" }, table), "web.shop");
    assert.equal(routed(store, { host: "web.shop" }, table), "web.shop");
    assert.equal(routed(store, { path: "/api" }, table), "api.shop");
    assert.equal(routed(store, {}, table), "rest.shop");
  });

  test("finds a port by number and by name, or says what is missing", () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "admin", port: 81 },
    ];
    const store = storeOf(serviceOf("web", {}, ports), sliceOf("web", "u1", true));
    const portOf = (name: string, port: object): number | string => {
      const table = tableOf({ defaultBackend: { service: { name, port } } });
      const route = routeRequest(store, table, { host: "h", path: "/", isLocal: true });
      return route.kind === "found" ? (route.endpoints[0]?.port ?? 0) : routed(store, {}, table);
    };
    assert.equal(portOf("web", { number: 81 }), 9090);
    assert.equal(portOf("web", { name: "http" }), 8080);
    assert.equal(portOf("web", { number: 8080 }), "shop/way: Service web has no port 8080");
    assert.equal(
      portOf("no", { number: 80 }),
      "shop/way: there is no Service no in namespace shop",
    );
    const table = tableOf({ defaultBackend: { resource: { kind: "Bucket", name: "b" } } });
    assert.equal(routed(store, { path: "/" }, table), "web.shop");
    const paths = [{ path: "/", pathType: "Prefix", backend: { resource: {} } }];
    const bucket = tableOf({ rules: [{ http: { paths } }] });
    assert.equal(routed(store, {}, bucket), "shop/way: its backend is no Service");
  });

  test("gives the ready endpoints of the service", () => {
    const store = storeOf(
      serviceOf("web"),
      sliceOf("web", "u1", true),
      sliceOf("web", "u2", false),
    );
    const route = routeRequest(store, noTable, { host: "localhost", path: "/", isLocal: true });
    assert.deepEqual(route, {
      kind: "found",
      service: "web.shop",
      endpoints: [{ place: { uid: "u1", machine: "m1" }, port: 8080 }],
      redirectsToTls: false,
    });
  });
});

describe("findService", () => {
  const ports = [
    { name: "http", port: 80 },
    { name: "admin", port: 81 },
  ];
  const one = { ...serviceOf("one", {}, [{ port: 80 }]) };
  const store = storeOf(serviceOf("web", {}, ports), sliceOf("web", "u1", true), one);
  const find = (service: string, port: string): ReturnType<typeof findService> =>
    findService(store, { namespace: "shop", service, port });

  test("finds a port by number or name, or the only one", () => {
    assert.equal(find("web", "admin").endpoints[0]?.port, 9090);
    assert.equal(find("web", "80").endpoints[0]?.port, 8080);
    assert.deepEqual(find("one", ""), { service: "one.shop", port: 80, endpoints: [] });
  });

  for (const [service, port, message] of [
    ["no", "", "Cannot reach no.shop: there is no such service"],
    ["web", "", "Cannot reach web.shop: name one of its ports: 80, 81"],
    ["web", "82", "Cannot reach web.shop: it has no port 82"],
  ] as const) {
    test(`says ${message}`, () => {
      assert.throws(() => find(service, port), { code: "service-absent", message });
    });
  }
});

test("an endpoint that somebody wrote as an address is the pod there", () => {
  const pod = (name: string, phase: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", uid: `U-${name}` },
    spec: { nodeName: "m1", containers: [] },
    status: { phase, podIP: "10.1.0.1" },
  });
  const endpoints = ["10.1.0.1", "192.0.2.1"].map((ip) => ({ addresses: [ip] }));
  const slice = { ...sliceOf("web", "", true), endpoints };
  const web = serviceOf("web", {}, [{ name: "http", port: 80 }]);
  const store = storeOf(web, slice, pod("old", "Succeeded"), pod("new", "Running"));
  assert.deepEqual(findService(store, { namespace: "shop", service: "web", port: "" }).endpoints, [
    { place: { uid: "U-new", machine: "m1" }, port: 8080 },
  ]);
});
