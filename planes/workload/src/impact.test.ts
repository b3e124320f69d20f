import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "@beemesh/model";
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

const nothing = { routes: "none", verdicts: false, names: false };

function shop() {
  const mesh = new TestMesh();
  mesh.put(
    serviceOf("shop/web", { clusterIP: "10.96.1.1" }),
    serviceOf("shop/db", { clusterIP: "None" }),
    sliceOf("shop/web", [], [{ uid: "U-a", ip: "10.1.0.1" }]),
    podOf("shop/a", { ip: "10.1.0.1" }),
  );
  const directory = mesh.directory();
  return { mesh, directory };
}

describe("affectedBy", () => {
  test("says that what only counts or reports concerns nothing", () => {
    const { mesh, directory } = shop();
    const conditions = [{ type: "Ready", status: "False" }];
    for (const change of [
      mesh.put(serviceOf("shop/web", { clusterIP: "10.96.1.1", sessionAffinity: "None" })),
      mesh.put(podOf("shop/a", { ip: "10.1.0.1", status: { restarts: 1, conditions } })),
      mesh.put(sliceOf("shop/web", [], [{ uid: "U-a", ip: "10.1.0.1" }])),
    ]) {
      assert.deepEqual(directory.affectedBy(change), nothing);
    }
    const configMaps = resourceOfKind("v1", "ConfigMap");
    assert(configMaps);
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, conditions };
    const change = { kind: "added", resource: configMaps, object, revision: "1" } as const;
    assert.deepEqual(directory.affectedBy(change), nothing);
  });

  test("says which routes a Service concerns, by its addresses before and after", () => {
    const { mesh, directory } = shop();
    assert.deepEqual(
      directory.affectedBy(mesh.put(serviceOf("shop/web", { clusterIP: "10.96.1.2" }))),
      {
        routes: {
          services: ["shop/web"],
          ips: ["10.96.1.1", "10.96.1.2"],
          namespaces: [],
          askers: [],
        },
        verdicts: false,
        names: true,
      },
    );
    const alias = { type: "ExternalName", externalName: "x.example" };
    const { routes } = directory.affectedBy(mesh.put(serviceOf("shop/x", alias)));
    assert.deepEqual(routes, { services: ["shop/x"], ips: [], namespaces: ["shop"], askers: [] });
  });

  test("says which routes and names endpoints concern", () => {
    const { mesh, directory } = shop();
    const web = directory.affectedBy(mesh.put(sliceOf("shop/web", [], [])));
    const routes = { services: ["shop/web"], ips: ["10.96.1.1"], namespaces: [], askers: [] };
    assert.deepEqual(web, { routes, verdicts: false, names: false });
    const endpoints = [{ uid: "U-a", ip: "10.1.0.1" }];
    assert(directory.affectedBy(mesh.put(sliceOf("shop/db", [], endpoints))).names);
    const hosts = [{ uid: "U-a", ip: "10.1.0.1", hostname: "a" }];
    assert(directory.affectedBy(mesh.put(sliceOf("shop/web", [], hosts))).names);
  });

  test("says of a pod the Services whose endpoints somebody wrote with its address", () => {
    const { mesh, directory } = shop();
    mesh.put(sliceOf("shop/web", [], [{ ip: "10.1.0.9" }], "by-hand"));
    const { routes } = directory.affectedBy(mesh.put(podOf("shop/b", { ip: "10.1.0.9" })));
    assert(typeof routes === "object");
    assert.deepEqual(routes.services, ["shop/web"]);
    assert.deepEqual(routes.ips, ["10.1.0.9", "10.96.1.1"]);
  });

  test("says of a pod its own address and those of its Services", () => {
    const { mesh, directory } = shop();
    const change = mesh.put(podOf("shop/a", { ip: "10.1.0.7" }));
    assert.deepEqual(directory.affectedBy(change), {
      routes: {
        services: ["shop/web"],
        ips: ["10.1.0.1", "10.1.0.7", "10.96.1.1"],
        namespaces: [],
        askers: ["U-a"],
      },
      verdicts: false,
      names: false,
    });
  });

  test("takes back verdicts only of pods that were judged", () => {
    const { mesh, directory } = shop();
    const facts = factsOf("shop/me");
    const who = { uid: "U-b", namespace: "shop", serviceAccount: "default", issuer: "p1" };
    directory.admit(facts, who, "tcp", 80);
    assert(directory.affectedBy(mesh.put(podOf("shop/b", { ip: "10.1.0.2" }))).verdicts);
    assert(directory.affectedBy(mesh.put(podOf("shop/me", { labels: { a: "b" } }))).verdicts);
    assert(!directory.affectedBy(mesh.put(podOf("shop/c"))).verdicts);
    assert(directory.affectedBy(mesh.delete(podOf("shop/b"))).verdicts);
  });

  test("takes back all verdicts once it can no longer say which were given", () => {
    const { mesh, directory } = shop();
    for (let index = 0; index < 9000; index += 1) {
      const who = { uid: `U${index}`, namespace: "s", serviceAccount: "d", issuer: "p1" };
      directory.admit(factsOf("shop/me"), who, "tcp", 80);
    }
    assert(directory.affectedBy(mesh.put(podOf("shop/c"))).verdicts);
  });

  test("says what policies, namespaces, programs and machines concern", () => {
    const { mesh, directory } = shop();
    const places = { services: [], ips: [], namespaces: ["shop"], askers: [] };
    const policy = mesh.put(policyOf("shop/p", { podSelector: {} }));
    assert.deepEqual(directory.affectedBy(policy), { routes: places, verdicts: true, names: true });
    assert.deepEqual(
      directory.affectedBy(mesh.put(policyOf("shop/p", { podSelector: {} }))),
      nothing,
    );
    const labelled = mesh.put(namespaceOf("shop", { a: "b" }));
    assert.deepEqual(directory.affectedBy(labelled), {
      routes: "all",
      verdicts: true,
      names: false,
    });
    assert(directory.affectedBy(mesh.put(programOf("shop/db"))).names);
    const node = (peer: string, uptime: string) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "m1", annotations: { "beemesh.io/peer-id": peer, uptime } },
    });
    assert(directory.affectedBy(mesh.put(node("p1", "1"))).verdicts);
    assert.deepEqual(directory.affectedBy(mesh.put(node("p1", "2"))), nothing);
    assert(directory.affectedBy(mesh.put(node("p2", "2"))).verdicts);
  });
});
