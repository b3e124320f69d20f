import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { lookAtHappening } from "./happenings.ts";
import { viewOf } from "./sight.ts";
import { timestampOf } from "./timestamp.ts";

function happening(lastMs: number): KubeObject {
  const lastTimestamp = timestampOf(lastMs);
  return { apiVersion: "v1", kind: "Event", metadata: { name: "e" }, lastTimestamp };
}

test("an Event is forgotten an hour after it last happened", () => {
  const hourMs = 3_600_000;
  const at = (wallMs: number) => lookAtHappening(happening(10_000), viewOf({ wallMs }));
  assert.deepEqual(at(20_000), { actions: [], againInMs: hourMs - 10_000 });
  assert.equal(at(10_000 + hourMs).actions[0]?.effects[0]?.kind, "remove");
  const fromTheFuture = lookAtHappening(happening(9 * hourMs), viewOf());
  assert.equal(fromTheFuture.againInMs, hourMs);
});

test("an Event about long ago is kept for an hour after it was told", () => {
  const { metadata, ...rest } = happening(0);
  const late = { ...rest, metadata: { ...metadata, creationTimestamp: timestampOf(7_200_000) } };
  const found = lookAtHappening(late, viewOf({ wallMs: 7_200_000 }));
  assert.deepEqual(found, { actions: [], againInMs: 3_600_000 });
});
