import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beyond,
  greatest,
  nonZero,
  only,
  resourcesAt,
  resourcesJson,
  resourcesText,
  sum,
  without,
} from "./resource-list.ts";

const listOf = (amounts: Record<string, string>) => resourcesAt({ amounts }, "amounts");

test("amounts are added and told as Kubernetes writes them, by name", () => {
  const total = sum(
    listOf({ memory: "512Mi", cpu: "300m" }),
    listOf({ memory: "512Mi", pods: "1" }),
  );
  assert.equal(resourcesText(total), "cpu=300m,memory=1Gi,pods=1");
});

test("what is no quantity is left out", () => {
  assert.deepEqual(resourcesJson(listOf({ cpu: "much", memory: "1Gi" })), { memory: "1Gi" });
});

test("a difference is never less than nothing, a total may be for a moment", () => {
  const [one, two] = [listOf({ cpu: "1" }), listOf({ cpu: "2" })];
  assert.deepEqual(resourcesJson(beyond(one, two)), { cpu: "0" });
  assert.deepEqual(resourcesJson(without(one, two)), { cpu: "-1" });
  assert.equal(nonZero(beyond(one, two)).size, 0);
});

test("greatest and only choose by name", () => {
  const most = greatest(listOf({ cpu: "1", memory: "2Gi" }), listOf({ cpu: "2", memory: "1Gi" }));
  assert.deepEqual(resourcesJson(most), { cpu: "2", memory: "2Gi" });
  assert.deepEqual(resourcesJson(only(most, ["cpu", "pods"])), { cpu: "2" });
});
