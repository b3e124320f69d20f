import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Deployment, replicaSetOf } from "@beemesh/model";
import fc from "fast-check";
import type { Revision } from "./revisions.ts";
import { allowanceOf, firstSize, nextSizes } from "./rollout.ts";

type Strategy = Deployment["spec"]["strategy"];

function deploymentOf(replicas: number, strategy?: Strategy, paused = false): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas,
      paused,
      selector: {},
      template: { spec: { containers: [] } },
      ...(strategy === undefined ? {} : { strategy }),
    },
  };
}

function rolling(maxSurge: number | string, maxUnavailable: number | string): Strategy {
  return { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
}

function revision(wanted: number, available = wanted): Revision {
  const set = replicaSetOf(deploymentOf(0));
  return { set, wanted, living: wanted, present: wanted, ready: available, available };
}

function sizes(deployment: Deployment, current: Revision | undefined, ...earlier: Revision[]) {
  const revisions = { current, earlier, orphans: [], nextInMs: Infinity };
  const all = [current, ...earlier];
  return nextSizes(deployment, revisions).map(({ revision: each, to }) => [all.indexOf(each), to]);
}

describe("allowanceOf", () => {
  for (const [replicas, strategy, expected] of [
    [10, undefined, { surge: 3, unavailable: 2 }],
    [1, undefined, { surge: 1, unavailable: 0 }],
    [4, rolling(0, 0), { surge: 0, unavailable: 1 }],
    [4, rolling("50%", 1), { surge: 2, unavailable: 1 }],
    [4, { type: "Recreate" }, { surge: 0, unavailable: 4 }],
  ] as const) {
    test(`of ${replicas} with ${JSON.stringify(strategy)}`, () => {
      assert.deepEqual(allowanceOf(deploymentOf(replicas, strategy)), expected);
    });
  }
});

describe("nextSizes", () => {
  const three = deploymentOf(3, rolling(1, 0));

  test("grows the new one by the surge, then shrinks the old one by what is available", () => {
    assert.deepEqual(sizes(three, revision(0), revision(3)), [[0, 1]]);
    assert.deepEqual(sizes(three, revision(1, 0), revision(3)), []);
    assert.deepEqual(sizes(three, revision(1), revision(3)), [[1, 2]]);
    assert.deepEqual(sizes(three, revision(3), revision(0)), []);
  });

  test("gives up what was not available first", () => {
    const allowed = deploymentOf(3, rolling(0, 1));
    assert.deepEqual(sizes(allowed, revision(0), revision(3, 2)), [[1, 2]]);
  });

  test("recreates only when all earlier pods are gone", () => {
    const anew = deploymentOf(3, { type: "Recreate" });
    assert.deepEqual(sizes(anew, undefined, revision(3)), [[1, 0]]);
    const ending = { ...revision(0), present: 3 };
    assert.deepEqual(sizes(anew, revision(0), ending), []);
    assert.deepEqual(sizes(anew, revision(0), revision(0)), [[0, 3]]);
  });

  test("while paused only follows the number of replicas", () => {
    const paused = deploymentOf(5, rolling(1, 0), true);
    assert.deepEqual(sizes(paused, undefined, revision(3)), [[1, 5]]);
    assert.deepEqual(sizes(paused, undefined, revision(5)), []);
  });

  test("follows a change of replicas at once", () => {
    assert.deepEqual(sizes(deploymentOf(1), revision(4)), [[0, 1]]);
    assert.deepEqual(sizes(deploymentOf(6), revision(4)), [[0, 6]]);
  });

  test("never leaves the allowance, and always ends with the new one alone", () => {
    const small = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), small, small, (replicas, surge, missing) => {
        const deployment = deploymentOf(replicas, rolling(surge, missing));
        const allowance = allowanceOf(deployment);
        let [current, earlier] = [revision(0), revision(replicas)];
        for (let step = 0; step < 100; step += 1) {
          const revisions = { current, earlier: [earlier], orphans: [], nextInMs: Infinity };
          const next = nextSizes(deployment, revisions);
          if (next.length === 0) break;
          for (const { revision: each, to } of next) {
            if (each === current) current = revision(to);
            else earlier = revision(to);
          }
          assert(current.wanted + earlier.wanted <= replicas + allowance.surge);
          assert(current.wanted + earlier.wanted >= replicas - allowance.unavailable);
        }
        assert.deepEqual([current.wanted, earlier.wanted], [replicas, 0]);
      }),
    );
  });
});

test("a new ReplicaSet begins with what the surge allows", () => {
  const revisions = { current: undefined, orphans: [], nextInMs: Infinity };
  const deployment = deploymentOf(3, rolling(1, 0));
  assert.equal(firstSize(deployment, { ...revisions, earlier: [] }), 3);
  assert.equal(firstSize(deployment, { ...revisions, earlier: [revision(3)] }), 1);
});
