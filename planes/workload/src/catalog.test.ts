import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { Catalog } from "./catalog.ts";
import {
  namespaceOf,
  podOf,
  policyOf,
  programOf,
  serviceOf,
  sliceOf,
  TestMesh,
} from "./test-mesh.ts";

function following(mesh: TestMesh): Catalog {
  const catalog = new Catalog(mesh);
  mesh.onChange((change) => catalog.apply(change));
  return catalog;
}

describe("Catalog", () => {
  test("finds Services by their addresses, and the elder of two with one", () => {
    const mesh = new TestMesh();
    const catalog = following(mesh);
    const aged = (path: string, creationTimestamp: string): KubeObject => {
      const service = serviceOf(path, { clusterIP: "10.96.0.5" });
      return { ...service, metadata: { ...service.metadata, creationTimestamp } };
    };
    mesh.put(aged("a/young", "2026-02-01T00:00:00Z"), aged("b/old", "2026-01-01T00:00:00Z"));
    assert.equal(catalog.serviceAt("10.96.0.5")?.key, "b/old");
    assert.equal(catalog.serviceAt("::ffff:10.96.0.5")?.key, "b/old");
    mesh.delete(aged("b/old", ""));
    assert.equal(catalog.serviceAt("10.96.0.5")?.key, "a/young");
    mesh.put(serviceOf("a/young", { clusterIP: "10.96.0.6" }));
    assert.equal(catalog.serviceAt("10.96.0.5"), undefined);
  });

  test("has nothing at what is no address", () => {
    const mesh = new TestMesh();
    mesh.put(serviceOf("a/b", { clusterIP: "x" }), podOf("a/p", { ip: "y" }));
    const catalog = following(mesh);
    for (const ip of ["x", "y", "z", ""]) {
      assert.equal(catalog.serviceAt(ip), undefined);
      assert.deepEqual(catalog.workloadsAt(ip), []);
    }
  });

  test("knows in whose slices a pod is", () => {
    const mesh = new TestMesh();
    const catalog = following(mesh);
    const with1 = [{ uid: "U1", ip: "10.0.0.1" }];
    mesh.put(
      sliceOf("a/web", [], with1, "web-1"),
      sliceOf("a/web", [], with1, "web-2"),
      sliceOf("a/all", [], with1),
    );
    assert.deepEqual([...catalog.servicesOf("U1")].toSorted(), ["a/all", "a/web"]);
    mesh.put(sliceOf("a/web", [], [], "web-1"));
    assert(catalog.servicesOf("U1").has("a/web"), "in the other slice still");
    mesh.delete(sliceOf("a/web", [], [], "web-2"));
    assert.deepEqual([...catalog.servicesOf("U1")], ["a/all"]);
  });

  test("follows a slice to another Service, and a pod to another uid", () => {
    const mesh = new TestMesh();
    const catalog = following(mesh);
    mesh.put(sliceOf("a/one", [], [{ uid: "U", ip: "10.0.0.1" }], "s"));
    mesh.put(sliceOf("a/two", [], [{ uid: "U", ip: "10.0.0.1" }], "s"));
    assert.deepEqual([catalog.slices("a/one").length, catalog.slices("a/two").length], [0, 1]);
    mesh.put(podOf("a/p", { uid: "U1", ip: "10.0.0.1", owner: "R" }));
    mesh.put(podOf("a/p", { uid: "U2", ip: "10.0.0.2", owner: "R" }));
    assert.equal(catalog.workload("U1"), undefined);
    assert.deepEqual(catalog.workloadsAt("10.0.0.1"), []);
    assert.deepEqual(
      catalog.workloadsOf("R").map(({ uid }) => uid),
      ["U2"],
    );
  });

  test("tells namespaces by their labels, their name among them", () => {
    const mesh = new TestMesh();
    const deny = { "beemesh.io/default-deny": "true" };
    mesh.put(namespaceOf("shop", { team: "a" }, deny));
    const catalog = following(mesh);
    assert.deepEqual(catalog.namespace("shop"), {
      name: "shop",
      labels: { team: "a", "kubernetes.io/metadata.name": "shop" },
      isDefaultDeny: true,
    });
    assert.equal(catalog.namespace("other").labels, undefined);
  });

  test("knows aliases and policies of a namespace while they are there", () => {
    const mesh = new TestMesh();
    const catalog = following(mesh);
    const alias = serviceOf("a/mail", { type: "ExternalName", externalName: "m.example" });
    const policy = policyOf("a/p", { podSelector: {} });
    mesh.put(alias, policy, programOf("a/db"));
    assert.deepEqual(
      [catalog.aliasOf("a", "m.example"), catalog.aliasOf("b", "m.example")],
      ["mail", ""],
    );
    assert.deepEqual([catalog.policies("a").length, catalog.policies("b").length], [1, 0]);
    assert.equal(catalog.externalWorkload("a", "db")?.uid, "X-db");
    mesh.delete(alias);
    mesh.delete(policy);
    mesh.delete(programOf("a/db"));
    assert.deepEqual([catalog.aliasOf("a", "m.example"), [...catalog.aliases("a")]], ["", []]);
    assert.equal(catalog.policies("a").length, 0);
    assert.equal(catalog.externalWorkload("a", "db"), undefined);
  });

  test("that followed any changes is as one made of what is there now, for 40 seeds", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = seededRandom(seed);
      const mesh = new TestMesh();
      const catalog = following(mesh);
      for (let step = 0; step < 60; step += 1) {
        const object = anyObject(random.below(6), random.below(3), random.below(3));
        if (random.below(4) > 0) mesh.put(object);
        else if (mesh.changes.length > 0) mesh.delete(object);
      }
      assert.deepEqual(seen(catalog), seen(new Catalog(mesh)), `seed ${seed}`);
    }
  });
});

function anyObject(kind: number, which: number, variant: number): KubeObject {
  const [path, ip] = [`n/x${which}`, `10.0.0.${variant}`];
  const endpoints = [{ uid: `U${variant}`, ip }];
  const makers = [
    () => serviceOf(path, { clusterIP: ip }),
    () => serviceOf(path, { type: "ExternalName", externalName: `e${variant}.example` }),
    () => podOf(path, { uid: `U${variant}${which}`, ip, owner: `R${variant}` }),
    () => sliceOf(`n/x${variant}`, [], endpoints, `s${which}`),
    () => policyOf(path, { podSelector: {}, egress: variant === 0 ? [{}] : [] }),
    () => namespaceOf(`n${which}`, { v: `${variant}` }),
  ];
  return (makers[kind] ?? makers[0])?.() ?? serviceOf(path, {});
}

function seen(catalog: Catalog): unknown {
  const three = [0, 1, 2];
  return {
    services: three.map((each) => catalog.service(`n/x${each}`)),
    byIp: three.map((each) => catalog.serviceAt(`10.0.0.${each}`)?.key),
    aliases: three.map((each) => catalog.aliasOf("n", `e${each}.example`) !== ""),
    pods: three.map((each) => catalog.workloadsAt(`10.0.0.${each}`)),
    owned: three.map((each) => catalog.workloadsOf(`R${each}`)),
    slices: three.map((each) => catalog.slices(`n/x${each}`)),
    of: three.map((each) => [...catalog.servicesOf(`U${each}`)].toSorted()),
    policies: catalog.policies("n").toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    namespaces: three.map((each) => catalog.namespace(`n${each}`)),
  };
}
