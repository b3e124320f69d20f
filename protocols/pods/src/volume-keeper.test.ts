/** Source: https://kubernetes.io/docs/concepts/configuration/configmap/ (mounted maps are updated) */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod, Volume } from "@beemesh/model";
import type { PodsEffect } from "./effect.ts";
import { podOf, Stage } from "./stage.ts";

const key = "configmaps/default/conf";
const news = { kind: "dependency", namespace: "default", name: "conf" } as const;

function podWith(...volumes: readonly Volume[]): Pod {
  return podOf({ containers: [{ name: "web", image: "nginx:1" }], volumes });
}

function written(effects: readonly PodsEffect[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== "runtime" || effect.command.kind !== "writeFiles") return [];
    return effect.command.volumes.map(({ name, files }) => {
      const texts = files.map(
        ({ path, content }) => `${path}=${Buffer.from(content, "base64").toString()}`,
      );
      return `${name}: ${texts.join(" ")}`;
    });
  });
}

function put(stage: Stage, data: Readonly<Record<string, string>> | undefined): PodsEffect[] {
  if (data === undefined) stage.objects.delete(key);
  else {
    const metadata = { name: "conf", namespace: "default" };
    stage.objects.set(key, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }
  return stage.step({ ...news, resource: "configmaps" });
}

function running(pod: Pod, data?: Readonly<Record<string, string>>): Stage {
  const stage = new Stage();
  stage.found();
  put(stage, data);
  stage.assign(pod);
  stage.created();
  stage.started();
  return stage;
}

describe("the files of a pod that runs", () => {
  const configMap = { name: "conf" };

  test("follow what they are made of, and are not written for nothing", () => {
    const stage = running(podWith({ name: "v", configMap }, { name: "w", emptyDir: {} }), {
      a: "1",
    });
    assert.deepEqual(written(put(stage, { a: "1" })), []);
    assert.deepEqual(written(put(stage, { a: "2", b: "3" })), ["v: a=2 b=3"]);
    assert.deepEqual(written(stage.step({ ...news, resource: "secrets" })), []);
    assert.deepEqual(written(put(stage, undefined)), [], "what stands there stays");
    assert.deepEqual(written(put(stage, { b: "3" })), ["v: b=3"]);
  });

  test("come and go with an object that is optional", () => {
    const stage = running(podWith({ name: "v", configMap: { ...configMap, optional: true } }));
    assert.deepEqual(written(put(stage, { a: "1" })), ["v: a=1"]);
    assert.deepEqual(written(put(stage, undefined)), ["v: "]);
  });

  test("follow the pod's own labels", () => {
    const items = [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }];
    const pod = podWith({ name: "v", projected: { sources: [{ downwardAPI: { items } }] } });
    const stage = running(pod);
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: "b" } } };
    assert.deepEqual(written(stage.assign(labelled)), ['v: l=a="b"']);
    assert.deepEqual(written(stage.assign(labelled)), []);
  });

  test("are written again when they could not be, and when the pod was found", () => {
    const pod = podWith({ name: "v", configMap });
    const stage = running(pod, { a: "1" });
    put(stage, { a: "2" });
    stage.report({ kind: "filesFailed", uid: "U", message: "disk full" });
    assert.deepEqual(written(stage.at(20_000).tick()), ["v: a=2"]);
    const other = new Stage();
    put(other, { a: "3" });
    other.assign(pod);
    const containers = [{ name: "web", attempt: 0, id: "c", state: "running" }] as const;
    const found = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2", containers };
    assert.deepEqual(written(other.found(found)), ["v: a=3"]);
  });
});
