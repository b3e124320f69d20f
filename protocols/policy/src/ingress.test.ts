/**
 * What the documentation says of traffic to a pod, case by case.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isIngressAllowed } from "./ingress.ts";
import type { PolicyPod, PolicySource } from "./peer.ts";
import type { Policy } from "./policy.ts";
import { address, peerOf, podOf, policyOf, tcp } from "./village.ts";

const db = podOf("default/db", { role: "db" });
const web = podOf("default/web", { role: "web" });

const allows = (
  policies: readonly Policy[],
  target: PolicyPod,
  source: PolicySource,
  port = 6379,
): boolean => isIngressAllowed(policies, target, source, tcp(port)).allowed;

describe("the example of the documentation", () => {
  const example = policyOf({
    podSelector: { matchLabels: { role: "db" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [
          { ipBlock: { cidr: "172.17.0.0/16", except: ["172.17.1.0/24"] } },
          { namespaceSelector: { matchLabels: { team: "myproject" } } },
          { podSelector: { matchLabels: { role: "frontend" } } },
        ],
        ports: [{ protocol: "TCP", port: 6379 }],
      },
    ],
  });

  for (const [what, source, isAllowed] of [
    ["pods of the namespace with role=frontend", peerOf("default/f", { role: "frontend" }), true],
    ["other pods of the namespace", peerOf("default/x", { role: "x" }), false],
    ["any pod of a namespace with team=myproject", peerOf("myproject/x"), true],
    ["pods with role=frontend elsewhere", peerOf("other/f", { role: "frontend" }), false],
    ["172.17.0.0 to 172.17.0.255", address("172.17.0.200"), true],
    ["172.17.2.0 to 172.17.255.255", address("172.17.2.0"), true],
    ["172.17.1.0/24", address("172.17.1.1"), false],
  ] as const)
    test(`${isAllowed ? "lets in" : "keeps out"} ${what}`, () => {
      assert.equal(allows([example], db, source), isAllowed);
      assert(!allows([example], db, source, 6380), "at no other port");
    });

  test("is about no other pod", () => {
    assert(allows([example], web, address("172.17.1.1"), 1));
    assert(allows([example], podOf("other/db", { role: "db" }), address("172.17.1.1"), 1));
  });
});

describe("isolation for ingress", () => {
  const stranger = peerOf("other/x");
  const denyAll = policyOf({ podSelector: {}, policyTypes: ["Ingress"] }, { name: "deny" });
  const allowAll = policyOf({ podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] });
  const egressOnly = policyOf({ podSelector: {}, policyTypes: ["Egress"] });

  test("begins with the first policy that selects the pod", () => {
    assert(allows([], db, stranger));
    assert(!allows([denyAll], db, stranger) && !allows([denyAll], db, peerOf("default/web")));
    assert(allows([egressOnly], db, stranger), "a policy about egress is none");
  });

  test("is lifted by whatever any policy allows", () => {
    assert(allows([denyAll, allowAll], db, stranger) && allows([allowAll, denyAll], db, stranger));
  });

  test("keeps no pod from itself", () => {
    assert(allows([denyAll], db, { kind: "pod", pod: db }));
  });

  test("takes names of ports for those of the target", () => {
    const named = policyOf({ podSelector: {}, ingress: [{ ports: [{ port: "redis" }] }] });
    const target = podOf(
      "default/db",
      {},
      {
        ports: [{ name: "redis", protocol: "TCP", port: 6379 }],
      },
    );
    assert(allows([named], target, stranger) && !allows([named], target, stranger, 80));
    assert(!allows([named], db, stranger), "a pod without such a port");
  });

  test("says by which policy, or that there is none", () => {
    const reasonOf = (policies: readonly Policy[]): string =>
      isIngressAllowed(policies, db, stranger, tcp(80)).reason;
    assert.equal(reasonOf([allowAll]), "policy default/p allows it");
    assert.equal(reasonOf([denyAll]), "no policy of default allows TCP 80 from other/x");
    assert.equal(reasonOf([]), "no policy of default selects default/db");
  });

  test("holds for a pod of which nothing is known", () => {
    const unknown = { ...db, labels: undefined };
    const some = policyOf({ podSelector: { matchLabels: { a: "b" } }, ingress: [{}] });
    assert(!allows([some], unknown, stranger));
    assert(allows([some, allowAll], unknown, stranger));
    const fromLabelled = policyOf({
      podSelector: {},
      ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { a: "b" } } }] }],
    });
    const caller = podOf("other/x", { a: "b" });
    assert(allows([fromLabelled], db, { kind: "pod", pod: caller }));
    assert(!allows([fromLabelled], db, { kind: "pod", pod: { ...caller, labels: undefined } }));
  });
});

describe("beemesh.io/default-deny", () => {
  const namespace = { ...db.namespace, isDefaultDeny: true };
  const target = { ...db, namespace };

  test("keeps out other namespaces and addresses, and no neighbour", () => {
    assert(!allows([], target, peerOf("other/x")) && !allows([], target, address("10.0.0.1")));
    assert(allows([], target, peerOf("default/web")));
  });

  test("gives way to a policy that allows it", () => {
    const policy = policyOf({
      podSelector: {},
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "other" } } }] }],
    });
    assert(allows([policy], target, peerOf("other/x")));
    assert(!allows([policy], target, peerOf("third/x")));
    assert(!allows([policy], target, peerOf("default/web")), "isolated as in Kubernetes");
  });
});
