import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fit, marginalScores } from "./fit.ts";
import type { MachineOffer } from "./machine-offer.ts";
import { offerOf, requirementsWith } from "./market.test.ts";
import type { Requirements } from "./requirements.ts";

function scoreOf(offer: Partial<MachineOffer>, requirements: Partial<Requirements> = {}): number {
  const result = fit(requirementsWith(requirements), offerOf("n1", offer), "web");
  assert(result.ok);
  return result.score;
}

describe("fit", () => {
  test("names the filter that failed", () => {
    assert.deepEqual(fit(requirementsWith({ cpuMillicores: 9000 }), offerOf("n1")), {
      ok: false,
      filter: "Insufficient cpu",
    });
  });

  test("prefers machines without siblings above all", () => {
    const lonely = scoreOf({ longevity: 0, trust: 0.5 });
    const crowded = scoreOf({ longevity: 1, trust: 0.9, workloads: new Map([["web", 1]]) });
    assert(lonely < scoreOf({}));
    assert(scoreOf({ workloads: new Map([["web", 1]]) }) < scoreOf({}));
    assert(scoreOf({ workloads: new Map([["web", 2]]) }) < crowded);
    assert.equal(scoreOf({ workloads: new Map([["db", 9]]) }), scoreOf({}));
  });

  test("prefers the longer-lived, the trusted, the emptier", () => {
    assert(scoreOf({ longevity: 0.9 }) > scoreOf({ longevity: 0.1 }));
    assert(scoreOf({ trust: 0.9 }) > scoreOf({ trust: 0.1 }));
    const full = { reserved: { cpuMillicores: 3800, memoryBytes: 0, pods: 1 } };
    assert(scoreOf({}) > scoreOf(full));
  });

  test("soft taints and soft spread halve the score, and exclude nobody", () => {
    const taints = [{ key: "a", effect: "PreferNoSchedule" }] as const;
    assert(Math.abs(scoreOf({ taints }) - scoreOf({}) / 2) <= 0.001);
    const spread = [{ key: "zone", maxSkew: 1, hard: false, counts: { a: 1, b: 0 } }];
    const inZone = (zone: string): number => scoreOf({ labels: { zone } }, { spread });
    assert(Math.abs(inZone("a") - inZone("b") / 2) <= 0.001);
  });

  test("scores lie between 0 and 1 and fall with each pod; what is offered fits", () => {
    const machine = fc.record({
      longevity: fc.double({ min: -1, max: 2, noNaN: true }),
      trust: fc.double({ min: 0, max: 1, noNaN: true }),
      reserved: fc.record({
        cpuMillicores: fc.nat({ max: 5000 }),
        memoryBytes: fc.nat({ max: 2 ** 31 }),
        pods: fc.nat({ max: 120 }),
      }),
    });
    const wanted = fc.record({
      cpuMillicores: fc.nat({ max: 2000 }),
      memoryBytes: fc.nat({ max: 2 ** 30 }),
      apart: fc.boolean(),
    });
    fc.assert(
      fc.property(machine, wanted, fc.nat({ max: 50 }), (offer, needs, countMax) => {
        const requirements = requirementsWith(needs);
        const scores = marginalScores(requirements, offerOf("n1", offer), "web", countMax);
        assert(scores.length <= countMax && (!needs.apart || scores.length <= 1));
        assert(scores.every((score) => score >= 0 && score <= 1));
        assert.deepEqual(
          scores,
          scores.toSorted((a, b) => b - a),
        );
        assert(offer.reserved.pods + scores.length <= 110 || scores.length === 0);
        const cpuMillicores = offer.reserved.cpuMillicores + scores.length * needs.cpuMillicores;
        assert(cpuMillicores <= 4000 || scores.length === 0);
      }),
    );
  });
});
