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
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "db", namespace: "shop" },
  };
  const spec = { clusterIP: "10.96.0.7", ports: [{ port: 5432 }] };
  const list = () => ({ items: [{ ...service, spec }], revision: "1" });
  const records = { objects: { get, list }, registry: { coverageOf: () => "kept" as const } };
  const pods = openPods(facts, records, undefined);
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
  const valueOf = (wanted: string) => plan[0]?.env.find(({ name }) => name === wanted)?.value;
  assert.equal(valueOf("KEY"), "value");
  assert.equal(valueOf("DB_SERVICE_HOST"), "10.96.0.7");
});
