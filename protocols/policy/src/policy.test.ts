import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { policyOf } from "./village.ts";

const about = (spec: unknown): readonly [boolean, boolean] => {
  const { ingress, egress } = policyOf(spec);
  return [ingress !== undefined, egress !== undefined];
};

describe("readPolicy", () => {
  test("defaults what a policy is about", () => {
    assert.deepEqual(about({ podSelector: {} }), [true, false]);
    assert.deepEqual(about({ podSelector: {}, egress: [] }), [true, false]);
    assert.deepEqual(about({ podSelector: {}, egress: [{}] }), [true, true]);
    assert.deepEqual(about({ podSelector: {}, ingress: [{}], policyTypes: [] }), [true, false]);
    assert.deepEqual(about({ podSelector: {}, policyTypes: ["Egress"] }), [false, true]);
    assert.deepEqual(about({ policyTypes: ["Ingress", "Egress"] }), [true, true]);
    assert.deepEqual(about(undefined), [true, false]);
  });

  test("drops rules of a direction that it is not about", () => {
    const policy = policyOf({ podSelector: {}, policyTypes: ["Egress"], ingress: [{}] });
    assert.equal(policy.ingress, undefined);
    assert.deepEqual(policy.egress, []);
  });

  for (const spec of [
    1,
    "x",
    [],
    { podSelector: [] },
    { podSelector: { matchLabels: { a: 1 } }, ingress: [{}], egress: [{}] },
    { policyTypes: "Ingress", ingress: [{}] },
    { policyTypes: ["Both"], ingress: [{}] },
  ])
    test(`closes all pods both ways by ${JSON.stringify(spec)}`, () => {
      const policy = policyOf(spec, { annotations: { "beemesh.io/egress-names": "a.example" } });
      assert.deepEqual([policy.ingress, policy.egress, policy.names], [[], [], []]);
      assert.deepEqual(policy.pods, { kind: "all", requirements: [] });
    });
});
