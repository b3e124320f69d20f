import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Caller, ingressCaller } from "@beemesh/workload";
import { factsOf, namespaceOf, podOf, policyOf, programOf, TestMesh } from "./test-mesh.ts";

const me = factsOf("shop/me");

function shop(): TestMesh {
  const mesh = new TestMesh();
  mesh.put(
    namespaceOf("shop"),
    namespaceOf("other"),
    podOf("shop/me", { ip: "10.1.0.9" }),
    podOf("shop/a", { machine: "m2", labels: { app: "a" } }),
    podOf("other/x", { machine: "m2" }),
    programOf("shop/legacy"),
  );
  return mesh;
}

const caller = (more: Partial<Caller> = {}): Caller => ({
  uid: "U-a",
  namespace: "shop",
  serviceAccount: "default",
  issuer: "p2",
  ...more,
});
const stranger = { uid: "U-x", namespace: "other" };

function ask(mesh: TestMesh, who: Caller, port = 80) {
  return mesh.directory().admit(me, who, "tcp", port);
}

describe("admit", () => {
  test("lets in who it says it is, also a program outside containers", () => {
    for (const who of [caller(), caller({ uid: "X-legacy" }), caller(stranger)]) {
      const { allowed, cause } = ask(shop(), who);
      assert.deepEqual([allowed, cause], [true, ""]);
    }
  });

  for (const [what, more, reason] of [
    ["authority over its namespace", { issuer: "p9" }, /p9 has no authority over namespace shop/u],
    ["that namespace", { namespace: "other" }, /U-a is not of namespace other/u],
    ["that service account", { serviceAccount: "root" }, /shop\/a has not the service account/u],
    ["that machine", { issuer: "p3" }, /shop\/a is not on the machine of p3/u],
  ] as const)
    test(`refuses a certificate without ${what}`, () => {
      const verdict = ask(shop(), caller(more));
      assert.deepEqual([verdict.allowed, verdict.cause], [false, "certificate"]);
      assert.match(verdict.reason, reason);
    });

  test("refuses a pod that is on no machine yet", () => {
    const mesh = shop();
    mesh.put(podOf("shop/a", { spec: { nodeName: "" } }));
    assert.equal(ask(mesh, caller()).cause, "certificate");
  });

  test("lets nobody into a program but at the ports that it lists", () => {
    const mesh = shop();
    const directory = mesh.directory();
    const program = directory.factsOf("X-legacy") ?? me;
    assert.deepEqual([program.name, directory.kindOf("X-legacy")], ["legacy", "ExternalWorkload"]);
    assert.equal(directory.admit(program, caller(), "tcp", 5432).allowed, true);
    for (const [protocol, port] of [
      ["tcp", 22],
      ["udp", 5432],
    ] as const) {
      const { allowed, reason, cause } = directory.admit(program, caller(), protocol, port);
      assert.deepEqual([allowed, cause], [false, "policy"]);
      assert.equal(reason, `program shop/legacy does not list ${protocol} port ${port}`);
    }
    mesh.put(policyOf("shop/closed", { podSelector: { matchLabels: { app: "legacy" } } }));
    assert.equal(directory.admit(program, caller(), "tcp", 5432).allowed, false);
    assert.equal(directory.kindOf("U-a"), "Pod");
    assert.equal(directory.kindOf("nobody"), undefined);
  });

  test("lets replicas watch each other, whatever policies say, and nobody else", () => {
    const mesh = shop();
    const deny = policyOf("shop/deny", { podSelector: {}, policyTypes: ["Ingress"] });
    mesh.put(
      podOf("shop/me", { owner: "R" }),
      podOf("shop/a", { owner: "R", machine: "m2" }),
      deny,
    );
    const watch = (who: Caller) => mesh.directory().admit(me, who, "watch", 1);
    assert.equal(ask(mesh, caller()).allowed, false);
    assert.deepEqual(watch(caller()), { allowed: true, reason: "", cause: "" });
    assert.equal(watch(caller({ issuer: "p3" })).cause, "certificate");
    const others = [caller(stranger), caller({ uid: "X-legacy" }), caller({ uid: "U-nobody" })];
    for (const who of others) assert.equal(watch(who).cause, "policy");
  });

  test("refuses whom policies keep out, and says why", () => {
    const mesh = shop();
    const from = [{ podSelector: { matchLabels: { app: "a" } } }];
    mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from, ports: [{ port: 80 }] }] }));
    assert.deepEqual(ask(mesh, caller()), {
      allowed: true,
      reason: "policy shop/in allows it",
      cause: "",
    });
    assert.deepEqual(ask(mesh, caller(), 81), {
      allowed: false,
      reason: "no policy of shop allows TCP 81 from shop/a",
      cause: "policy",
    });
    assert.equal(ask(mesh, caller(stranger)).cause, "policy");
  });

  test("keeps other namespaces out where default deny is asked for", () => {
    const mesh = shop();
    mesh.put(namespaceOf("shop", {}, { "beemesh.io/default-deny": "true" }));
    assert(ask(mesh, caller()).allowed);
    assert.equal(ask(mesh, caller(stranger)).cause, "policy");
  });

  test("asks policies of the ingress as of a peer of its own", () => {
    const mesh = shop();
    const ingress = ingressCaller("p2");
    assert(ask(mesh, ingress).allowed);
    mesh.put(policyOf("shop/deny", { podSelector: {}, policyTypes: ["Ingress"] }));
    assert.deepEqual(ask(mesh, ingress), {
      allowed: false,
      reason: "no policy of shop allows TCP 80 from beemesh-ingress/ingress",
      cause: "policy",
    });
    for (const from of [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "beemesh-ingress" } },
        podSelector: { matchLabels: { "app.kubernetes.io/name": "beemesh-ingress" } },
      },
      { namespaceSelector: {} },
    ]) {
      mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from: [from] }] }));
      assert.equal(ask(mesh, ingress).reason, "policy shop/in allows it");
    }
    mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }));
    assert.equal(ask(mesh, ingress).cause, "policy");
    const anyone = [{ ipBlock: { cidr: "0.0.0.0/0" } }];
    mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from: anyone }] }));
    assert.equal(ask(mesh, ingress).cause, "policy");
  });

  test("keeps the ingress out where its namespace asks for default deny", () => {
    const mesh = shop();
    mesh.put(namespaceOf("shop", {}, { "beemesh.io/default-deny": "true" }));
    assert.equal(ask(mesh, ingressCaller("p2")).cause, "policy");
  });

  test("takes the word of a machine for its ingress where it has authority, and no other's", () => {
    const mesh = shop();
    const directory = mesh.directory({
      mayAuthor: (peer, namespace) => `${peer}/${namespace}` === "p2/shop",
    });
    const enter = (who: Caller) => directory.admit(me, who, "tcp", 80).cause;
    assert.equal(enter(ingressCaller("p2")), "");
    assert.equal(enter(ingressCaller("p3")), "certificate");
    assert.equal(enter({ ...ingressCaller("p3"), issuer: "p2" }), "certificate");
    assert.equal(enter({ ...ingressCaller("p2"), uid: "U-x" }), "certificate");
  });

  test("lets a caller without a record in by what holds of every pod of its namespace", () => {
    const mesh = shop();
    const unknown = caller({ uid: "U-new" });
    assert(ask(mesh, unknown).allowed);
    const labelled = [{ podSelector: { matchLabels: { app: "a" } } }];
    mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from: labelled }] }));
    assert.equal(ask(mesh, unknown).reason, "no policy of shop allows TCP 80 from shop/U-new");
    mesh.put(policyOf("shop/in", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }));
    assert(ask(mesh, unknown).allowed);
  });

  test("is closed to a target of which nothing is known, if any policy is there", () => {
    const mesh = shop();
    mesh.put(policyOf("shop/in", { podSelector: { matchLabels: { a: "b" } }, ingress: [{}] }));
    const who = caller();
    assert(mesh.directory().admit(me, who, "tcp", 80).allowed);
    assert(!mesh.directory().admit(factsOf("shop/unknown"), who, "tcp", 80).allowed);
  });
});
