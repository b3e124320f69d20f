/**
 * Names as Kubernetes' DNS has them.
 *
 * Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md, version 1.1.0
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { standInOf } from "@beemesh/workload";
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

function shop(): TestMesh {
  const mesh = new TestMesh();
  const http = { name: "http", port: 80, targetPort: 8080 };
  const ready = [{ name: "http", port: 8080 }];
  mesh.put(
    namespaceOf("shop"),
    serviceOf("shop/web", { clusterIP: "10.96.1.1", ports: [http] }),
    serviceOf("shop/dual", { clusterIP: "10.96.1.2", clusterIPs: ["10.96.1.2", "fd00::2"] }),
    serviceOf("shop/db", { clusterIP: "None", ports: [http] }),
    sliceOf("shop/db", ready, [
      { uid: "U-db-0", ip: "10.1.0.1", hostname: "db-0" },
      { uid: "U-db-1", ip: "10.1.0.2" },
      { uid: "U-db-2", ip: "10.1.0.3", conditions: { ready: false }, hostname: "db-2" },
    ]),
    serviceOf("shop/empty", { clusterIP: "None", ports: [http] }),
    serviceOf("shop/mail", { type: "ExternalName", externalName: "Mail.Example.com." }),
    serviceOf("shop/alias", { type: "ExternalName", externalName: "web.shop.svc.cluster.local" }),
    serviceOf("shop/a", { type: "ExternalName", externalName: "b.shop.svc.cluster.local" }),
    serviceOf("shop/b", { type: "ExternalName", externalName: "a.shop.svc.cluster.local" }),
    podOf("shop/me", { ip: "10.1.2.3" }),
    programOf("shop/legacy"),
  );
  return mesh;
}

function ask(mesh: TestMesh, name: string, type = "A") {
  return mesh.directory().names(me, name, type);
}

/** The answer in short: its status, and each record's type and value. */
function shortly(mesh: TestMesh, name: string, type = "A"): string {
  const { status, records } = ask(mesh, name, type);
  const values = records.map((record) => {
    if (record.type === "SRV") return `SRV ${record.target}:${record.port}`;
    return `${record.type} ${"address" in record ? record.address : record.target}`;
  });
  return [status, ...values].join(" ");
}

describe("names of Services", () => {
  const mesh = shop();
  const domain = "shop.svc.cluster.local";
  for (const [name, type, expected] of [
    [`web.${domain}`, "A", "found A 10.96.1.1"],
    [`web.${domain}`, "AAAA", "found"],
    [`web.${domain}`, "TXT", "found"],
    [`dual.${domain}`, "AAAA", "found AAAA fd00::2"],
    [`dual.${domain}`, "ANY", "found A 10.96.1.2 AAAA fd00::2"],
    [`web.other.svc.cluster.local`, "A", "absent"],
    [`none.${domain}`, "A", "absent"],
    [`db.${domain}`, "A", "found A 10.1.0.1 A 10.1.0.2"],
    [`db.${domain}`, "AAAA", "found"],
    [`empty.${domain}`, "A", "absent"],
    [`db-0.db.${domain}`, "A", "found A 10.1.0.1"],
    [`10-1-0-2.db.${domain}`, "A", "found A 10.1.0.2"],
    [`db-2.db.${domain}`, "A", "absent"],
    [`db-9.db.${domain}`, "A", "absent"],
    [`_http._tcp.web.${domain}`, "SRV", `found SRV web.${domain}:80 A 10.96.1.1`],
    [`_http._tcp.web.${domain}`, "A", "found"],
    [`_http._udp.web.${domain}`, "SRV", "absent"],
    [`_sql._tcp.web.${domain}`, "SRV", "absent"],
    [
      `_http._tcp.db.${domain}`,
      "SRV",
      `found SRV db-0.db.${domain}:8080 SRV 10-1-0-2.db.${domain}:8080 A 10.1.0.1 A 10.1.0.2`,
    ],
    [`db-0.db.${domain}`, "SRV", `found SRV db-0.db.${domain}:8080 A 10.1.0.1`],
    [`x._http._tcp.web.${domain}`, "SRV", "absent"],
    ["cluster.local", "A", "found"],
    ["svc.cluster.local", "A", "found"],
    [domain, "A", "found"],
    ["other.svc.cluster.local", "A", "absent"],
    ["x.cluster.local", "A", "absent"],
    ["10-1-2-3.shop.pod.cluster.local", "A", "found A 10.1.2.3"],
    ["10-1-2-4.shop.pod.cluster.local", "A", "absent"],
    ["10-1-2-3.other.pod.cluster.local", "A", "absent"],
    ["x.10-1-2-3.shop.pod.cluster.local", "A", "absent"],
    ["kubernetes.default.svc.cluster.local", "A", "found A 10.96.0.1"],
    [
      "_https._tcp.kubernetes.default.svc.cluster.local",
      "SRV",
      "found SRV kubernetes.default.svc.cluster.local:443 A 10.96.0.1",
    ],
    [`legacy.${domain}`, "A", `found A ${standInOf("program", "X-legacy")}`],
    [
      `_sql._tcp.legacy.${domain}`,
      "SRV",
      `found SRV legacy.legacy.${domain}:5432 A ${standInOf("program", "X-legacy")}`,
    ],
  ] as const)
    test(`${name} ${type}: ${expected.slice(0, 50)}`, () => {
      assert.equal(shortly(mesh, name, type), expected);
    });

  test("are believed for 5 s, whether there or not", () => {
    for (const name of [`web.${domain}`, `none.${domain}`]) {
      assert.equal(ask(mesh, name).ttlSeconds, 5);
    }
  });

  test("follow the endpoints, the Service and the program", () => {
    const own = shop();
    const directory = own.directory();
    const statusOf = (name: string) => directory.names(me, name, "A").status;
    own.put(sliceOf("shop/empty", [{ port: 1 }], [{ uid: "U-x", ip: "10.1.0.9" }]));
    assert.equal(statusOf(`empty.${domain}`), "found");
    own.put(programOf("shop/legacy", {}, false));
    assert.equal(statusOf(`legacy.${domain}`), "absent");
    own.delete(serviceOf("shop/web", {}));
    assert.equal(statusOf(`web.${domain}`), "absent");
  });

  test("tell of endpoints that are not ready if the Service says so", () => {
    const own = shop();
    const spec = { clusterIP: "None", publishNotReadyAddresses: true };
    own.put(serviceOf("shop/db", spec));
    assert.equal(shortly(own, `db-2.db.${domain}`), "found A 10.1.0.3");
  });

  test("find pods of StatefulSets, and those in the Service's subdomain, by their own name", () => {
    const own = shop();
    const controller = { kind: "StatefulSet", uid: "SS", controller: true };
    own.put(
      podOf("shop/db-1", { ip: "10.1.0.2", metadata: { ownerReferences: [controller] } }),
      podOf("shop/other", { ip: "10.1.0.5", spec: { subdomain: "db", hostname: "first" } }),
      podOf("shop/stray", { ip: "10.1.0.6", spec: { subdomain: "elsewhere" } }),
      sliceOf(
        "shop/db",
        [{ port: 1 }],
        [
          { uid: "U-db-1", ip: "10.1.0.2" },
          { uid: "U-other", ip: "10.1.0.5" },
          { uid: "U-stray", ip: "10.1.0.6" },
        ],
      ),
    );
    assert.equal(shortly(own, `db-1.db.${domain}`), "found A 10.1.0.2");
    assert.equal(shortly(own, `first.db.${domain}`), "found A 10.1.0.5");
    assert.equal(shortly(own, `stray.db.${domain}`), "absent");
  });

  test("of another domain are the mesh's own if it is set so", () => {
    const directory = shop().directory({ clusterDomain: "bees.test" });
    assert.equal(directory.names(me, "web.shop.svc.bees.test", "A").status, "found");
    assert.equal(directory.names(me, `db.${domain}`, "A").status, "refused");
  });

  test("of thousands of endpoints are told in part, another for each asker", () => {
    const own = shop();
    const ips = Array.from({ length: 3000 }, (_, i) => `10.2.${i >> 8}.${i & 255}`);
    own.put(
      sliceOf(
        "shop/empty",
        [{ name: "http", port: 1 }],
        ips.map((ip) => ({ uid: ip, ip })),
      ),
    );
    const directory = own.directory();
    const of = (path: string) => directory.names(factsOf(path), `empty.${domain}`, "A").records;
    assert.equal(of("shop/a").length, 400);
    assert.deepEqual(of("shop/a"), of("shop/a"));
    assert.notDeepEqual(of("shop/a"), of("shop/b"));
    const srv = directory.names(me, `empty.${domain}`, "SRV").records;
    assert.equal(srv.length, 200);
  });
});

describe("names outside", () => {
  const declaring = policyOf(
    "shop/out",
    { podSelector: {} },
    { "beemesh.io/egress-names": "api.example.com,*.example.org:443" },
  );

  test("are refused undeclared; what can be none is absent", () => {
    const mesh = shop();
    assert.equal(shortly(mesh, "api.example.com"), "refused");
    assert.equal(shortly(mesh, "web"), "absent");
    assert.equal(shortly(mesh, "1.0.96.10.in-addr.arpa", "PTR"), "absent");
  });

  test("have an address that stands in for them, where policy allows them", () => {
    const mesh = shop();
    mesh.put(declaring);
    const address = standInOf("name", "api.example.com");
    assert.equal(shortly(mesh, "api.example.com"), `found A ${address}`);
    assert.equal(shortly(mesh, "api.example.com", "AAAA"), "found");
    assert.match(shortly(mesh, "a.b.example.org"), /^found A 198\.18\./u);
    assert.equal(shortly(mesh, "example.org"), "refused");
    assert.equal(
      mesh.directory().names(factsOf("other/x"), "api.example.com", "A").status,
      "refused",
    );
  });

  test("are declared by a Service that is an alias of them, which is told with its address", () => {
    const mesh = shop();
    const address = standInOf("name", "mail.example.com");
    const alias = "CNAME mail.example.com";
    const name = "mail.shop.svc.cluster.local";
    assert.equal(shortly(mesh, name), `found ${alias} A ${address}`);
    assert.equal(shortly(mesh, name, "AAAA"), `found ${alias}`);
    assert.equal(shortly(mesh, name, "CNAME"), `found ${alias}`);
    assert.equal(shortly(mesh, "mail.example.com"), `found A ${address}`);
    const elsewhere = mesh.directory().names(factsOf("other/x"), name, "A");
    assert.deepEqual([elsewhere.status, elsewhere.records.length], ["found", 1], "no address");
  });

  test("stand for names of the cluster too, and end where they lead round", () => {
    const mesh = shop();
    assert.equal(
      shortly(mesh, "alias.shop.svc.cluster.local"),
      "found CNAME web.shop.svc.cluster.local A 10.96.1.1",
    );
    assert.equal(ask(mesh, "a.shop.svc.cluster.local").records.length, 9);
  });
});
