import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "@beemesh/model";
import { effectLine } from "./effect-line.ts";
import { podResource } from "./kinds.ts";

test("what is asked about says who would make it", () => {
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [] },
  };
  const line = effectLine({ kind: "admit", pod, controller: "job-controller" });
  assert.equal(line, "admit pods/p by job-controller");
});

test("an effect is told in one line", () => {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", uid: "A", annotations: { "beemesh.io/replaces": "Z" } },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True", reason: "R" }] },
  };
  const put = { kind: "put", resource: podResource, object } as const;
  assert.equal(effectLine(put), "put pods/a A replaces Z");
  assert.equal(
    effectLine({ ...put, kind: "putStatus" }),
    'putStatus pods/a {"phase":"Running"} Ready=True (R)',
  );
  assert.equal(effectLine({ kind: "observe", event: "x", facts: { a: 1 } }), 'observe x {"a":1}');
});
