import assert from "node:assert/strict";
import { test } from "node:test";
import { isHeldOnlyByFinalizers } from "./finalizer.ts";

const deletionTimestamp = "2026-01-01T00:00:00Z";

test("a pod in its grace and a full namespace are held by more than finalizers", () => {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } };
  assert.equal(isHeldOnlyByFinalizers(pod), false);
  const going = { ...pod, metadata: { name: "web", deletionTimestamp } };
  assert.equal(isHeldOnlyByFinalizers(going), true);
  const inGrace = { ...going.metadata, deletionGracePeriodSeconds: 30 };
  assert.equal(isHeldOnlyByFinalizers({ ...pod, metadata: inGrace }), false);
  const namespace = { ...going, kind: "Namespace", spec: { finalizers: ["kubernetes"] } };
  assert.equal(isHeldOnlyByFinalizers(namespace), false);
  assert.equal(isHeldOnlyByFinalizers({ ...namespace, spec: {} }), true);
});
