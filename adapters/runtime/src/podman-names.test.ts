import assert from "node:assert/strict";
import { test } from "node:test";
import {
  containerLabels,
  containerName,
  labelOf,
  machineFilter,
  podLabels,
  podName,
} from "./podman-names.ts";

const plan = {
  uid: "u",
  namespace: "default",
  name: "web",
  labels: { app: "web", "io.beemesh.uid": "x" },
};

test("names and labels say who a container is", () => {
  assert.equal(podName(plan), "web.default.u");
  const identity = { uid: "u", container: "app", attempt: 2 };
  assert.equal(containerName(identity), "app.2.u");
  const item = { Labels: { ...podLabels(plan, "m1"), ...containerLabels(identity) } };
  assert.equal(labelOf(item, "uid"), "u", "a pod cannot pass for another by its labels");
  assert.equal(labelOf(item, "attempt"), "2");
  assert.equal(labelOf({}, "attempt"), "");
  assert.deepEqual(JSON.parse(machineFilter("m1")), { label: ["io.beemesh.machine=m1"] });
});
