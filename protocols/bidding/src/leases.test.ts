import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { type Lease, Leases } from "./leases.ts";
import { offerOf, requirementsWith } from "./market.test.ts";

function lease(uid: string, untilMs: number): Lease {
  const requirements = requirementsWith({ hostPorts: [{ port: 80, protocol: "TCP" }] });
  return { uid, award: "a", workload: "web", requirements, until: instantAt(untilMs) };
}

test("an offer less its leases has less of everything, and is whole again when they end", () => {
  const leases = new Leases();
  const offer = offerOf("n1", { workloads: new Map([["web", 1]]) });
  assert.equal(leases.takenFrom(offer), offer);
  leases.add(lease("p1", 100));
  leases.add(lease("p2", 200));
  const rest = leases.takenFrom(offer);
  assert.deepEqual(rest.reserved, { cpuMillicores: 200, memoryBytes: 2 ** 27, pods: 2 });
  assert.equal(rest.workloads.get("web"), 3);
  assert.equal(rest.hostPorts.length, 2);
  assert.equal(leases.dueAt(), 100);
  assert.deepEqual(
    leases.expire(instantAt(100)).map(({ uid }) => uid),
    ["p1"],
  );
  assert.equal(leases.end("p2")?.uid, "p2");
  assert.equal(leases.end("p2"), undefined);
  assert.equal(leases.takenFrom(offer), offer);
});
