import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function causes(apiVersion: string, kind: string, rest: object): readonly string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource, kind);
  const metadata = { name: "a", ...(resource.namespaced ? { namespace: "n" } : {}) };
  const whole = defaults(resource, { apiVersion, kind, metadata, ...rest });
  return validate(resource, whole).map(({ field, message }) => `${field}: ${message}`);
}

const group = "rbac.authorization.k8s.io/v1";

describe("rules for roles", () => {
  test("a rule says what may be done with what", () => {
    const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }];
    assert.deepEqual(causes(group, "Role", { rules }), []);
    assert.deepEqual(causes(group, "Role", { rules: [{ verbs: [] }] }).toSorted(), [
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
      "rules[0].verbs: Required value: verbs must contain at least one value",
    ]);
  });

  test("paths stand alone, and in roles of the cluster", () => {
    const rules = [{ verbs: ["get"], nonResourceURLs: ["/x"] }];
    assert.deepEqual(causes(group, "ClusterRole", { rules }), []);
    assert.match(causes(group, "Role", { rules })[0] ?? "", /cannot apply to non-resource URLs$/u);
    const mixed = [{ ...rules[0], resources: ["pods"] }];
    assert.match(causes(group, "ClusterRole", { rules: mixed })[0] ?? "", /cannot apply to both/u);
  });
});

describe("rules for bindings", () => {
  const roleRef = { kind: "ClusterRole", name: "r" };

  test("they name a role", () => {
    assert.deepEqual(causes(group, "RoleBinding", { roleRef }), []);
    assert.deepEqual(
      causes(group, "ClusterRoleBinding", { roleRef: { kind: "Role", name: "r" } }),
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    );
    assert.match(
      causes(group, "RoleBinding", { roleRef: { ...roleRef, name: "a/b" } })[0] ?? "",
      /^roleRef\.name: Invalid value: "a\/b"/u,
    );
  });

  test("they name subjects that there can be", () => {
    const bound = (subject: object): readonly string[] =>
      causes(group, "ClusterRoleBinding", { roleRef, subjects: [subject] });
    assert.deepEqual(bound({ kind: "User", name: "u" }), []);
    assert.deepEqual(bound({ kind: "ServiceAccount", name: "s", namespace: "n" }), []);
    assert.deepEqual(bound({ kind: "ServiceAccount", name: "s" }), [
      "subjects[0].namespace: Required value",
    ]);
    assert.match(
      bound({ kind: "Robot", name: "s" })[0] ?? "",
      /^subjects\[0\]\.kind: Unsupported/u,
    );
    assert.match(bound({ kind: "User", name: "u", apiGroup: "x" })[0] ?? "", /apiGroup: Unsupp/u);
  });
});

test("a webhook is at one place", () => {
  const hook = {
    name: "a.b.c",
    clientConfig: {},
    sideEffects: "Some",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 31,
  };
  const kind = "ValidatingWebhookConfiguration";
  const found = causes("admissionregistration.k8s.io/v1", kind, { webhooks: [hook] });
  assert.deepEqual(found.toSorted(), [
    "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    "webhooks[0].timeoutSeconds: Invalid value: 31: must be between 1 and 30, inclusive",
  ]);
});
