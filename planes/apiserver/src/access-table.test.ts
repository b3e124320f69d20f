import assert from "node:assert/strict";
import { test } from "node:test";
import { printerOf } from "./printer.ts";

test("a binding shows its role and, wide, each kind of subject", () => {
  const binding = {
    metadata: { name: "b" },
    roleRef: { kind: "Role", name: "reader" },
    subjects: [
      { kind: "User", name: "ann" },
      { kind: "User", name: "bob" },
      { kind: "ServiceAccount", namespace: "shop", name: "web" },
    ],
  };
  const printer = printerOf({ name: "rolebindings", group: "rbac.authorization.k8s.io" });
  assert.deepEqual(printer.cells(binding, 0), [
    "b",
    "Role/reader",
    "<unknown>",
    "ann, bob",
    "",
    "shop/web",
  ]);
});

test("a certificate request shows what was decided", () => {
  const printer = printerOf({
    name: "certificatesigningrequests",
    group: "certificates.k8s.io",
  });
  const condition = (status: object): unknown => printer.cells({ status }, 0)[5];
  const approved = { conditions: [{ type: "Approved" }] };
  assert.equal(condition({}), "Pending");
  assert.equal(condition(approved), "Approved");
  assert.equal(condition({ ...approved, certificate: "eA==" }), "Approved,Issued");
  assert.equal(condition({ conditions: [{ type: "Denied" }] }), "Denied");
});

test("a role shows when it was made", () => {
  const printer = printerOf({ name: "roles", group: "rbac.authorization.k8s.io" });
  const metadata = { name: "r", creationTimestamp: "2026-01-01T00:00:00Z" };
  assert.deepEqual(printer.cells({ metadata }, 0), ["r", "2026-01-01T00:00:00Z"]);
});
