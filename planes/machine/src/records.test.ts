import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now, seededRandom } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import { entryText } from "@beemesh/wire";
import { hasMet, hasRun, openRecords, proofOf, type Records } from "./records.ts";
import { resourceNamed } from "./resource.ts";

const now: Now = { at: instantAt(0), wallMs: Date.UTC(2026, 10, 20) };
const owned = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid: "u", controller: true }],
});
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1-a", namespace: "shop", ...owned("ReplicaSet", "web-1") },
  spec: { containers: [{ name: "web", image: "x" }] },
};

function records(): Records {
  return openRecords({
    self: "p1",
    signer: { id: "p1", sign: (text) => `p1 ${text.length}` },
    verifier: { verify: () => true, mayAuthor: () => true },
    introductions: undefined,
    random: seededRandom(1),
    now,
    ceiling: undefined,
  });
}

describe("Records", () => {
  test("prove that a pod may run by its owners as they were signed, as far as known", () => {
    const made = records();
    assert.deepEqual(proofOf(pod, made), []);
    const metadata = { name: "web-1", namespace: "shop", uid: "u", ...owned("Deployment", "web") };
    const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata };
    made.objects.putSpec(resourceNamed("apps", "replicasets"), replicaSet);
    const [entry, ...more] = proofOf(pod, made);
    assert(entry !== undefined);
    assert.equal(entry.signature, `p1 ${entryText(entry).length}`);
    assert.deepEqual([entry.name, more], ["web-1", []]);
  });

  test("tell whether this machine has started a pod, by its own word", () => {
    const { objects, registry } = records();
    const pods = resourceNamed("", "pods");
    const bare: Pod = { ...pod, metadata: { name: "a", namespace: "shop", uid: "u-1" } };
    objects.putSpec(pods, bare);
    const told: Pod = { ...bare, status: { phase: "Running", startTime: "2026-01-01T00:00:00Z" } };
    assert(!hasRun(told, registry, "p1"), "nobody has told so");
    objects.putStatus(pods, told);
    assert(hasRun(told, registry, "p1"));
    assert(!hasRun(bare, registry, "p1"), "it was not started");
    assert(!hasRun(told, registry, "p2"), "another has told so");
  });

  test("tell whether another machine has written any of them", () => {
    const made = records();
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "m1", uid: "n" } };
    made.objects.putSpec(resourceNamed("", "nodes"), node);
    assert(!hasMet(made, "p1"));
    assert(hasMet(made, "p2"));
  });
});
