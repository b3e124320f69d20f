import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import fc from "fast-check";
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

describe("Directory", () => {
  test("tells who a sidecar stands for", () => {
    const mesh = new TestMesh();
    mesh.put(podOf("shop/me"), programOf("shop/db", { serviceAccountName: "sql" }));
    const directory = mesh.directory();
    assert.deepEqual(directory.factsOf("U-me"), me);
    assert.deepEqual(directory.factsOf("X-db"), {
      uid: "X-db",
      namespace: "shop",
      name: "db",
      serviceAccount: "sql",
      mesh: "mesh",
      machine: "m2",
    });
    assert.equal(directory.factsOf("U-you"), undefined);
  });

  test("survives objects of any shape, and answers of the others as before", () => {
    const shapes: readonly ((part: unknown) => KubeObject)[] = [
      (part) => serviceOf("shop/odd", Object(part)),
      (part) => ({ ...serviceOf("shop/odd", {}), spec: { clusterIP: part, ports: part } }),
      (part) => ({ ...sliceOf("shop/odd", [], []), endpoints: part, ports: part }),
      (part) => ({ ...podOf("shop/odd"), spec: part, status: part }),
      (part) => policyOf("odd/odd", { podSelector: part, ingress: part, egress: part }),
      (part) => ({ ...namespaceOf("odd"), spec: part }),
      (part) => ({ ...programOf("shop/odd"), spec: part, status: part }),
    ];
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(shapes.length - 1), (part, which) => {
        const mesh = new TestMesh();
        const directory = mesh.directory();
        mesh.put(podOf("shop/me"), podOf("shop/a", { ip: "10.1.0.1" }));
        const object = shapes[which]?.(part);
        assert(object);
        directory.affectedBy(mesh.put(object));
        directory.affectedBy(mesh.put(object));
        for (const ip of ["10.96.0.9", "10.1.0.1", "198.18.0.1", "192.0.2.1"]) {
          directory.route(me, "tcp", ip, 80);
        }
        for (const type of ["A", "SRV"]) directory.names(me, "odd.shop.svc.cluster.local", type);
        const who = { uid: "U-odd", namespace: "shop", serviceAccount: "d", issuer: "p1" };
        directory.admit(me, who, "tcp", 80);
        directory.replicasOf("U-odd");
        assert.equal(directory.route(me, "tcp", "10.1.0.1", 80).kind, "pod");
        directory.affectedBy(mesh.delete(object));
      }),
      { numRuns: 1000 },
    );
  });

  test("asks the store for nothing more, however many Services there are", () => {
    const mesh = new TestMesh();
    for (let index = 0; index < 10_000; index += 1) {
      const clusterIP = `10.97.${index >> 8}.${index & 255}`;
      mesh.put(serviceOf(`shop/s${index}`, { clusterIP, ports: [{ port: 80 }] }));
    }
    let lists = 0;
    const list = mesh.list.bind(mesh);
    mesh.list = (resource, namespace) => {
      lists += 1;
      return list(resource, namespace);
    };
    const directory = mesh.directory();
    const atStart = lists;
    const route = directory.route(me, "tcp", "10.97.39.15", 80);
    assert.equal(route.kind === "service" ? route.name : "", "s9999");
    const { records } = directory.names(me, "s9999.shop.svc.cluster.local", "A");
    assert.equal(records.length, 1);
    assert.equal(lists, atStart);
  });
});
