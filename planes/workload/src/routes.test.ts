import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Route, readRoute, standInOf } from "@beemesh/workload";
import {
  factsOf,
  namespaceOf,
  podOf,
  policyOf,
  programOf,
  serviceOf,
  sliceOf,
  TestMesh,
} from "./test-mesh.ts";

const me = factsOf("shop/me");
const http = { name: "http", port: 80, targetPort: "web", appProtocol: "http" };

function shop(): TestMesh {
  const mesh = new TestMesh();
  const ports = [{ name: "http", port: 8080 }];
  mesh.put(
    namespaceOf("shop"),
    namespaceOf("other", { team: "other" }),
    podOf("shop/me", { ip: "10.1.0.9" }),
    podOf("shop/a", { ip: "10.1.0.1", machine: "m1", labels: { tier: "a" } }),
    podOf("shop/b", { ip: "10.1.0.2", machine: "m2", spec: { serviceAccountName: "sa" } }),
    podOf("shop/c", { ip: "10.1.0.3" }),
    serviceOf("shop/web", {
      clusterIP: "10.96.1.1",
      ports: [http, { name: "dns", port: 53, protocol: "UDP" }],
    }),
    sliceOf(
      "shop/web",
      [...ports, { name: "dns", port: 5353, protocol: "UDP" }],
      [
        { uid: "U-a", ip: "10.1.0.1" },
        { uid: "U-b", ip: "10.1.0.2" },
        { uid: "U-c", ip: "10.1.0.3", conditions: { ready: false } },
        { uid: "U-unknown", ip: "10.1.0.4" },
      ],
    ),
    programOf("shop/legacy"),
  );
  return mesh;
}

function ask(mesh: TestMesh, ip: string, port: number, protocol: "tcp" | "udp" = "tcp"): Route {
  const route = mesh.directory().route(me, protocol, ip, port);
  assert.equal(route.key, `${protocol} ${ip} ${port}`);
  assert.deepEqual(readRoute(JSON.parse(JSON.stringify(route))), route, "fits into the channel");
  return route;
}

/** Why a route is refused; empty if it is not. */
function reasonOf(route: Route): string {
  return route.kind === "refused" ? route.reason : "";
}

function uidsOf(route: Route): readonly string[] {
  if (route.kind === "pod") return [route.endpoint.uid];
  return route.kind === "service" ? route.endpoints.map(({ uid }) => uid) : [];
}

const egress = (to: readonly object[], more: object = {}) =>
  policyOf("shop/out", { podSelector: {}, policyTypes: ["Egress"], egress: [{ to, ...more }] });

describe("routes to Services", () => {
  test("say how the Service wants to be called, if it does", () => {
    const mesh = shop();
    const annotations = { "beemesh.io/request-timeout": "2s", "beemesh.io/retries": "no" };
    const said = ask(mesh, "10.96.1.1", 80);
    assert(said.kind === "service" && said.settings === undefined);
    const service = serviceOf("shop/web", { clusterIP: "10.96.1.1", ports: [http] });
    mesh.put({ ...service, metadata: { ...service.metadata, annotations } });
    const route = ask(mesh, "10.96.1.1", 80);
    assert.deepEqual(route.kind === "service" && route.settings, { requestMs: 2000 });
  });

  test("lead to the ready endpoints whose records are known, at the port that each serves", () => {
    assert.deepEqual(ask(shop(), "10.96.1.1", 80), {
      kind: "service",
      key: "tcp 10.96.1.1 80",
      namespace: "shop",
      name: "web",
      port: 80,
      appProtocol: "http",
      endpoints: [
        {
          uid: "U-a",
          machine: "m1",
          namespace: "shop",
          serviceAccount: "default",
          ip: "10.1.0.1",
          port: 8080,
        },
        {
          uid: "U-b",
          machine: "m2",
          namespace: "shop",
          serviceAccount: "sa",
          ip: "10.1.0.2",
          port: 8080,
        },
      ],
    });
  });

  test("are told by protocol and port", () => {
    const route = ask(shop(), "10.96.1.1", 53, "udp");
    assert.deepEqual(route.kind === "service" ? route.endpoints[0]?.port : 0, 5353);
    assert.equal(reasonOf(ask(shop(), "10.96.1.1", 53)), "service shop/web does not serve TCP 53");
  });

  test("have no endpoints while none is ready, and wait for them", () => {
    const mesh = shop();
    mesh.put(sliceOf("shop/web", [], []));
    const route = ask(mesh, "10.96.1.1", 80);
    assert.deepEqual([route.kind, uidsOf(route)], ["service", []]);
  });

  test("leave out whom policies about egress do not allow, and are refused if that is all", () => {
    const mesh = shop();
    const tier = { podSelector: { matchLabels: { tier: "a" } } };
    mesh.put(egress([tier]));
    assert.deepEqual(uidsOf(ask(mesh, "10.96.1.1", 80)), ["U-a"]);
    mesh.put(egress([tier], { ports: [{ port: 80 }] }));
    assert.equal(
      reasonOf(ask(mesh, "10.96.1.1", 80)),
      "no policy of shop allows TCP 8080 to shop/b",
      "the port of the pod counts, not that of the Service",
    );
  });

  test("lead to programs outside containers by the address that stands in for them", () => {
    const mesh = shop();
    const ip = standInOf("program", "X-legacy");
    mesh.put(
      serviceOf("shop/db", { clusterIP: "10.96.2.2", ports: [{ port: 5432 }] }),
      sliceOf("shop/db", [{ name: "", port: 15_432 }], [{ uid: "X-legacy", ip }]),
    );
    const route = ask(mesh, "10.96.2.2", 5432);
    const endpoint = {
      uid: "X-legacy",
      machine: "m2",
      namespace: "shop",
      serviceAccount: "default",
      ip,
      port: 15_432,
    };
    assert.deepEqual(route.kind === "service" ? route.endpoints : [], [endpoint]);
    const own = ask(mesh, ip, 5432);
    assert.deepEqual(own.kind === "pod" ? own.endpoint : {}, { ...endpoint, port: 5432 });
  });

  test("tell each asker another part of very many endpoints, the same each time", () => {
    const mesh = shop();
    const uids = Array.from({ length: 600 }, (_, index) => `U-p${index}`);
    for (const uid of uids) mesh.put(podOf(`shop/${uid.slice(2)}`, { ip: "10.3.0.1" }));
    const endpoints = uids.map((uid) => ({ uid, ip: "10.3.0.1" }));
    mesh.put(sliceOf("shop/web", [{ name: "http", port: 8080 }], endpoints));
    const directory = mesh.directory();
    const of = (path: string) => uidsOf(directory.route(factsOf(path), "tcp", "10.96.1.1", 80));
    assert.equal(of("shop/x").length, 256);
    assert.deepEqual(of("shop/x"), of("shop/x"));
    assert.notDeepEqual(of("shop/x"), of("shop/y"));
  });

  test("lead out of the mesh if a Service's endpoints are outside, where that is declared", () => {
    const mesh = shop();
    mesh.put(
      serviceOf("shop/far", { clusterIP: "10.96.3.3", ports: [{ port: 443 }] }),
      sliceOf("shop/far", [{ name: "", port: 8443 }], [{ ip: "192.0.2.1" }]),
    );
    assert.match(reasonOf(ask(mesh, "10.96.3.3", 443)), /no policy of shop allows TCP 8443/u);
    mesh.put(egress([{ ipBlock: { cidr: "192.0.2.0/24" } }]));
    assert.deepEqual(ask(mesh, "10.96.3.3", 443), {
      kind: "external",
      key: "tcp 10.96.3.3 443",
      host: "192.0.2.1",
      port: 8443,
    });
  });
});

describe("routes to pods", () => {
  test("lead to the pod that has the address, as policies allow", () => {
    const mesh = shop();
    assert.deepEqual(uidsOf(ask(mesh, "10.1.0.2", 9000)), ["U-b"]);
    assert.deepEqual(uidsOf(ask(mesh, "::ffff:10.1.0.2", 9000)), ["U-b"]);
    mesh.put(egress([]), egress([{ namespaceSelector: { matchLabels: { team: "other" } } }]));
    const reason = "no policy of shop allows TCP 9000 to shop/b";
    assert.equal(reasonOf(ask(mesh, "10.1.0.2", 9000)), reason);
    assert.deepEqual(uidsOf(ask(mesh, "10.1.0.9", 9000)), ["U-me"], "itself");
  });

  test("mean the neighbour where pods of several machines have one address", () => {
    const mesh = shop();
    mesh.put(podOf("other/0", { uid: "U-0", ip: "10.1.0.2", machine: "m3" }));
    assert.deepEqual(uidsOf(ask(mesh, "10.1.0.2", 80)), ["U-b"]);
    mesh.delete(podOf("shop/b"));
    assert.deepEqual(uidsOf(ask(mesh, "10.1.0.2", 80)), ["U-0"]);
  });

  test("do not lead to pods that are going, nor to those on no machine", () => {
    const mesh = shop();
    mesh.put(podOf("shop/a", { ip: "10.1.0.1", status: { phase: "Failed" } }));
    assert.match(reasonOf(ask(mesh, "10.1.0.1", 80)), /^no policy of shop allows/u);
    mesh.put(podOf("shop/b", { ip: "10.1.0.2", spec: { nodeName: "" } }));
    assert.equal(reasonOf(ask(mesh, "10.1.0.2", 80)), "the pod at 10.1.0.2 is on no machine");
  });
});

describe("routes out of the mesh", () => {
  const names = { "beemesh.io/egress-names": "api.example.com:443" };
  const declaring = policyOf("shop/names", { podSelector: {} }, names);

  test("are refused undeclared, with the reason", () => {
    const reason = "no policy of shop allows TCP 443 to 192.0.2.1";
    assert.equal(reasonOf(ask(shop(), "192.0.2.1", 443)), reason);
  });

  test("lead to addresses that a block allows", () => {
    const mesh = shop();
    mesh.put(egress([{ ipBlock: { cidr: "192.0.2.0/24" } }], { ports: [{ port: 443 }] }));
    const key = "tcp 192.0.2.1 443";
    const route = { kind: "external", key, host: "192.0.2.1", port: 443 };
    assert.deepEqual(ask(mesh, "192.0.2.1", 443), route);
    assert.notEqual(reasonOf(ask(mesh, "192.0.2.1", 80)), "");
  });

  test("lead to the name for which an address stands in", () => {
    const mesh = shop();
    mesh.put(declaring);
    const directory = mesh.directory();
    const [record] = directory.names(me, "api.example.com", "A").records;
    assert(record?.type === "A");
    const key = `tcp ${record.address} 443`;
    const route = { kind: "external", key, host: "api.example.com", port: 443 };
    assert.deepEqual(directory.route(me, "tcp", record.address, 443), route);
    assert.notEqual(reasonOf(directory.route(me, "tcp", record.address, 80)), "");
    const stranger = directory.route(factsOf("other/x"), "tcp", record.address, 443);
    assert.match(reasonOf(stranger), /no policy of other allows/u, "declared for others only");
    mesh.delete(declaring);
    assert.notEqual(reasonOf(directory.route(me, "tcp", record.address, 443)), "");
  });

  test("are found again for names that are declared in full, after a machine's restart", () => {
    const mesh = shop();
    mesh.put(declaring, serviceOf("shop/x", { type: "ExternalName", externalName: "x.example" }));
    for (const name of ["api.example.com", "x.example"]) {
      const route = ask(mesh, standInOf("name", name), 443);
      assert.equal(route.kind === "external" ? route.host : "", name);
    }
    assert.match(reasonOf(ask(mesh, "198.18.9.9", 443)), /must be resolved again/u);
  });

  test("lead to no address of the machine, of Services, or of many, whatever is allowed", () => {
    const mesh = shop();
    mesh.put(policyOf("shop/all", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] }));
    assert.equal(ask(mesh, "8.8.8.8", 53, "udp").kind, "external");
    assert.equal(ask(mesh, "2001:db8::1", 443).kind, "external");
    assert.equal(reasonOf(ask(mesh, "10.96.9.9", 80)), "no service has 10.96.9.9");
    for (const ip of ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1"]) {
      assert.equal(reasonOf(ask(mesh, ip, 80)), `${ip} leads nowhere outside`);
      assert(!mesh.directory().mayLeave(me, { protocol: "tcp", host: ip, port: 80 }).allowed);
    }
    const directory = mesh.directory();
    assert.equal(reasonOf(directory.route(me, "tcp", "web", 80)), "web is no address");
  });

  test("may be asked again before the machine dials", () => {
    const mesh = shop();
    mesh.put(declaring);
    const may = (host: string, port: number) =>
      mesh.directory().mayLeave(me, { protocol: "tcp", host, port }).allowed;
    assert(may("api.example.com", 443));
    assert(!may("api.example.com", 80) && !may("example.com", 443) && !may("192.0.2.1", 443));
  });
});

describe("the route to the API", () => {
  test("leads to any machine's, unless policies about egress say otherwise", () => {
    const mesh = shop();
    const host = "kubernetes.default.svc";
    const route = { kind: "external", key: "tcp 10.96.0.1 443", host, port: 443 };
    assert.deepEqual(ask(mesh, "10.96.0.1", 443), route);
    assert.equal(reasonOf(ask(mesh, "10.96.0.1", 80)), "the API does not serve TCP 80");
    mesh.put(egress([{ podSelector: {} }]));
    assert.notEqual(reasonOf(ask(mesh, "10.96.0.1", 443)), "");
    assert(!mesh.directory().mayLeave(me, { protocol: "tcp", host, port: 443 }).allowed);
    mesh.put(egress([{ ipBlock: { cidr: "10.96.0.1/32" } }]));
    assert.deepEqual(ask(mesh, "10.96.0.1", 443), route);
  });

  test("is nobody's to take, whatever Service has the address", () => {
    const mesh = shop();
    mesh.put(serviceOf("shop/sly", { clusterIP: "10.96.0.1", ports: [{ port: 443 }] }));
    assert.equal(ask(mesh, "10.96.0.1", 443).kind, "external");
  });
});
