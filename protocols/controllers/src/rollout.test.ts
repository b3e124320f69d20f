import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Deployment, replicaSetOf } from "@beemesh/model";
import fc from "fast-check";
import type { Revision } from "./revisions.ts";
import { allowanceOf, firstSize, nextSizes, sizeMarks } from "./rollout.ts";

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

/** A revision that was told the size of a Deployment. */
function told(deployment: Deployment, wanted: number, available = wanted): Revision {
  const found = revision(wanted, available);
  const metadata = { ...found.set.metadata, annotations: sizeMarks(deployment) };
  return { ...found, set: { ...found.set, metadata } };
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

describe("nextSizes of a Deployment that is scaled while it is rolled out", () => {
  const strategy = rolling(3, 2);
  const [ten, thirty, five] = [10, 30, 5].map((replicas) => deploymentOf(replicas, strategy));
  assert(ten && thirty && five);

  test("gives each ReplicaSet its share", () => {
    assert.deepEqual(sizes(thirty, told(ten, 5, 0), told(ten, 8)), [
      [1, 20],
      [0, 13],
    ]);
    assert.deepEqual(sizes(five, told(ten, 5, 0), told(ten, 8)), [
      [1, 5],
      [0, 3],
    ]);
    assert.deepEqual(sizes(deploymentOf(0, strategy), told(ten, 5, 0), told(ten, 8)), [
      [1, 0],
      [0, 0],
    ]);
  });

  test("gives what rounding leaves to the largest, of equal ones to the newest", () => {
    const twelve = deploymentOf(12, strategy);
    assert.deepEqual(sizes(twelve, told(ten, 4, 0), told(ten, 4), told(ten, 5)), [
      [2, 6],
      [0, 5],
      [1, 4],
    ]);
    const eleven = deploymentOf(11, strategy);
    assert.deepEqual(sizes(eleven, told(ten, 6, 0), told(ten, 7)), [
      [1, 8],
      [0, 6],
    ]);
    assert.deepEqual(sizes(thirty, told(ten, 2, 0), told(ten, 2)), [
      [0, 28],
      [1, 5],
    ]);
  });

  test("rolls it out further once all know the size", () => {
    assert.deepEqual(sizes(thirty, told(thirty, 13, 13), told(thirty, 20)), [[1, 15]]);
    assert.deepEqual(sizes(thirty, told(thirty, 13, 0), told(thirty, 20)), []);
  });

  test("scales one that runs alone, and has the earlier ones go when the new one is full", () => {
    assert.deepEqual(sizes(thirty, undefined, told(ten, 10)), [[1, 30]]);
    assert.deepEqual(sizes(ten, told(thirty, 10), told(thirty, 4)), [
      [1, 0],
      [0, 10],
    ]);
  });

  test("takes shares of what there is where nobody was told", () => {
    const paused = deploymentOf(12, rolling(0, 1), true);
    assert.deepEqual(sizes(paused, revision(2), revision(4)), [
      [1, 8],
      [0, 4],
    ]);
  });

  test("ends with as many as it may have, whatever was there before", () => {
    const small = fc.integer({ min: 0, max: 6 });
    const sizing = fc.record({ to: fc.integer({ min: 0, max: 20 }), surge: small, spare: small });
    const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(sizing, counts, ({ to, surge, spare }, wanted) => {
        const before = Math.max(1, wanted.reduce((sum, count) => sum + count, 0) - surge) + spare;
        const [was, is] = [before, to].map((each) => deploymentOf(each, rolling(surge, 1)));
        assert(was && is);
        fc.pre(before !== to);
        const [current, ...earlier] = wanted.map((count) => told(was, count, 0));
        const revisions = { current, earlier, orphans: [], nextInMs: Infinity };
        const next = new Map(nextSizes(is, revisions).map((each) => [each.revision, each.to]));
        const sizesThen = [current, ...earlier].map((each) => (each && next.get(each)) ?? 0);
        assert.equal(next.size, wanted.length, "each is told");
        const total = sizesThen.reduce((sum, size) => sum + size, 0);
        assert.equal(total, to === 0 ? 0 : to + allowanceOf(is).surge);
        for (const size of sizesThen) assert(size >= 0);
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
