import type { Job } from "@beemesh/model";
import { readIndexes } from "./index-set.ts";

/**
 * Which rule of its `successPolicy` an Indexed Job meets: the number of the first; undefined if it
 * meets none.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
 */
export function successRuleOf({ spec }: Job, done: ReadonlySet<number>): number | undefined {
  const { completions = 0, successPolicy } = spec;
  if (done.size === 0) return undefined;
  const index = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const isEnough = (count: number): boolean =>
      succeededCount !== undefined && count >= succeededCount;
    if (succeededIndexes === undefined) return isEnough(done.size);
    const wanted = readIndexes(succeededIndexes, completions);
    const { size } = wanted.intersection(done);
    return wanted.size > 0 && (size === wanted.size || isEnough(size));
  });
  return index < 0 ? undefined : index;
}
