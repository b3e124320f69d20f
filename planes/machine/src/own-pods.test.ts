import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { KubeObject, Pod } from "@beemesh/model";
import { openPods } from "./own-pods.ts";
import { facts } from "./shelf.test.ts";

test("pods find their settings among the records of the machine", () => {
  const asked: string[] = [];
  const get = ({ name: kind }: { name: string }, namespace: string, name: string) => {
    asked.push(`${kind} ${namespace}/${name}`);
    const object: KubeObject = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
    };
    return { ...object, data: { key: "value" } };
  };
  const pods = openPods(facts, { get }, undefined);
  const env = [{ name: "KEY", valueFrom: { configMapKeyRef: { name: "settings", key: "key" } } }];
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop", uid: "P" },
    spec: { nodeName: facts.name, containers: [{ name: "main", image: "i", env }] },
  };
  const now = { at: instantAt(0), wallMs: 0 };
  pods.step({ kind: "found", pods: [] }, now);
  pods.step({ kind: "assign", pod, heldSinceMs: 0 }, now);
  const effects = pods.step(
    { kind: "report", report: { kind: "podCreated", uid: "P", ip: "" } },
    now,
  );
  const plan = effects.flatMap((effect) =>
    effect.kind === "runtime" && effect.command.kind === "startContainer"
      ? [effect.command.plan]
      : [],
  );
  assert(asked.includes("configmaps shop/settings"));
  assert.deepEqual(
    plan[0]?.env.find(({ name }) => name === "KEY"),
    { name: "KEY", value: "value" },
  );
});
