/**
 * What the documentation says of traffic from a pod, and what is ours: nothing leaves the mesh
 * undeclared.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isEgressAllowed, isEgressIsolated, isNameAllowed } from "./egress.ts";
import type { PolicyDestination } from "./peer.ts";
import type { Policy } from "./policy.ts";
import { address, nameOf, peerOf, podOf, policyOf, tcp } from "./village.ts";

const db = podOf("default/db", { role: "db" });

const allows = (
  policies: readonly Policy[],
  destination: PolicyDestination,
  port = 5978,
): boolean => isEgressAllowed(policies, db, destination, tcp(port)).allowed;

const egress = (to: unknown, more: object = {}): Policy =>
  policyOf({ podSelector: {}, policyTypes: ["Egress"], egress: [{ to, ...more }] });
const denyAll = policyOf({ podSelector: {}, policyTypes: ["Egress"] });
const allowAll = policyOf({ podSelector: {}, policyTypes: ["Egress"], egress: [{}] });

describe("egress to pods", () => {
  const other = peerOf("other/x");

  test("is free until a policy about egress selects the caller", () => {
    assert(allows([], other));
    assert(allows([policyOf({ podSelector: {} })], other), "a policy about ingress is none");
    assert(allows([policyOf({ podSelector: { matchLabels: { a: "b" } }, egress: [{}] })], other));
    assert(!allows([denyAll], other) && allows([denyAll, allowAll], other));
    assert(isEgressIsolated([allowAll], db) && !isEgressIsolated([policyOf({})], db));
    assert(allows([denyAll], { kind: "pod", pod: db }), "but to itself");
  });

  test("is to whom a rule names, at its ports", () => {
    const policy = egress([{ namespaceSelector: { matchLabels: { team: "other" } } }], {
      ports: [{ port: "http" }, { protocol: "TCP", port: 32_000, endPort: 32_768 }],
    });
    const ports = [{ name: "http", protocol: "TCP", port: 8080 }] as const;
    const served: PolicyDestination = { kind: "pod", pod: podOf("other/x", {}, { ports }) };
    assert(allows([policy], served, 8080), "the destination's own name of a port");
    assert(allows([policy], served, 32_500) && !allows([policy], served, 80));
    assert(!allows([policy], peerOf("third/x"), 32_500));
  });

  test("may be named by a block", () => {
    const policy = egress([{ ipBlock: { cidr: "10.0.0.0/24" } }]);
    assert(allows([policy], peerOf("other/x", {}, "10.0.0.9")));
    assert(!allows([policy], peerOf("other/x", {}, "10.0.1.9")));
  });
});

describe("egress out of the mesh by address", () => {
  test("is closed undeclared, whether or not a policy selects the caller", () => {
    assert(!allows([], address("10.0.0.1")) && !allows([denyAll], address("10.0.0.1")));
    const verdict = isEgressAllowed([], db, address("10.0.0.1"), tcp(443));
    assert.equal(verdict.reason, "no policy of default allows TCP 443 to 10.0.0.1");
  });

  test("is open to blocks of policies that select the caller (the documentation's example)", () => {
    const policy = egress([{ ipBlock: { cidr: "10.0.0.0/24" } }], {
      ports: [{ protocol: "TCP", port: 5978 }],
    });
    assert(allows([policy], address("10.0.0.9")));
    assert(!allows([policy], address("10.0.0.9"), 80) && !allows([policy], address("10.0.1.1")));
    const others = policyOf({
      podSelector: { matchLabels: { role: "web" } },
      egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/24" } }] }],
    });
    assert(!allows([others], address("10.0.0.9")));
    const elsewhere = policyOf({ podSelector: {}, egress: [{}] }, { namespace: "other" });
    assert(!allows([elsewhere], address("10.0.0.9")));
  });

  test("is open by a rule for all, and not by one for pods", () => {
    assert(allows([allowAll], address("2001:db8::1")));
    assert(!allows([egress([{ namespaceSelector: {} }])], address("10.0.0.1")));
  });
});

describe("egress out of the mesh by name", () => {
  const api = nameOf("api.example.com");
  const declaring = (spec: object): Policy =>
    policyOf(spec, { annotations: { "beemesh.io/egress-names": "api.example.com:5978" } });

  test("is closed undeclared", () => {
    for (const policies of [[], [denyAll], [egress([{ ipBlock: { cidr: "10.0.0.0/8" } }])]]) {
      assert(!allows(policies, api) && !isNameAllowed(policies, db, api).allowed);
    }
    const { reason } = isNameAllowed([], db, api);
    assert.equal(reason, "no policy of default allows calls to api.example.com");
  });

  test("is open by the annotation of a policy that selects the caller, at its port", () => {
    const policy = declaring({ podSelector: { matchLabels: { role: "db" } }, egress: [] });
    assert(allows([policy], api) && !allows([policy], api, 80));
    assert(isNameAllowed([policy], db, api).allowed);
    assert(!allows([declaring({ podSelector: { matchLabels: { role: "web" } } })], api));
    assert(!allows([policy], nameOf("example.com")));
  });

  test("is open by a Service of type ExternalName beside the caller", () => {
    const verdict = isEgressAllowed([denyAll], db, nameOf("db.example.com", "db"), tcp(5432));
    assert.deepEqual(verdict, { allowed: true, reason: "service default/db declares it" });
  });

  test("is open by a rule for any address, at its ports", () => {
    assert(allows([allowAll], api));
    const anywhere = [{ ipBlock: { cidr: "0.0.0.0/0" } }];
    const policy = egress(anywhere, { ports: [{ port: 443 }] });
    assert(allows([policy], api, 443) && !allows([policy], api, 80));
    assert(isNameAllowed([policy], db, api).allowed);
  });
});
