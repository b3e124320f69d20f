/**
 * Chaos over many seeds: a thousand in two files that two cores share, or BEEMESH_SEEDS of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chaos } from "./chaos.ts";

const seedsWanted = Number(process.env["BEEMESH_SEEDS"] ?? 1000);

/** Seeds that have failed once. Each found something that was wrong, and must not come back. */
const kept: readonly number[] = [
  3, 6, 13, 20, 23, 24, 27, 28, 32, 33, 34, 49, 60, 68, 93, 96, 132, 483, 525, 597, 280, 468, 974,
  2, 31, 36, 44, 57, 116, 119, 373, 870, 265, 798, 16, 1151,
];

/** Runs every second seed, and tells of each that fails how to run it again. */
export function runSeeds(parity: 0 | 1): void {
  const failures: string[] = [];
  for (let seed = parity; seed < seedsWanted; seed += 2) {
    failures.push(...failuresOf(seed));
  }
  assert.deepEqual(failures, []);
}

function failuresOf(seed: number): readonly string[] {
  const replay = `beemesh sim chaos --seed ${seed} --json`;
  try {
    const { violations } = chaos({ seed });
    return violations.map(({ invariant, message }) => `${replay}: ${invariant}: ${message}`);
  } catch (error) {
    return [`${replay}: ${String(error)}`];
  }
}

/** Runs the seeds that have failed once. */
export function runKept(): void {
  assert.deepEqual(
    kept.flatMap((seed) => failuresOf(seed)),
    [],
  );
}

test("a failing seed would be told with how to replay it", () => {
  assert.deepEqual(failuresOf(7), []);
});
