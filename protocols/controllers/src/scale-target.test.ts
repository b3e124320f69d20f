import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { customResourcesOf, type KubeObject, selectorOf } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { readAutoscaler } from "./autoscaler.ts";
import {
  definitionResource,
  podResource,
  replicationControllerResource,
  statefulSetResource,
} from "./kinds.ts";
import { podsOfTarget, rescaling, scaleTargetOf } from "./scale-target.ts";
import { viewOf } from "./sight.ts";

const labels = { app: "web" };

function autoscalerFor(apiVersion: string, kind: string) {
  const scaleTargetRef = { apiVersion, kind, name: "web" };
  const object: KubeObject = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default" },
    spec: { scaleTargetRef, maxReplicas: 3 },
  };
  const autoscaler = readAutoscaler(object);
  assert(autoscaler);
  return autoscaler;
}

function workload(kind: string, selector: object, managedFields?: readonly object[]): KubeObject {
  const metadata = { name: "web", namespace: "default", uid: "W", generation: 4 };
  return {
    apiVersion: kind === "StatefulSet" ? "apps/v1" : "v1",
    kind,
    metadata: { ...metadata, ...(managedFields && { managedFields }) },
    spec: { replicas: 2, selector, template: { metadata: { labels }, spec: { containers: [] } } },
  };
}

const account = [
  {
    manager: "kubectl",
    operation: "Apply",
    apiVersion: "apps/v1",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:spec": { "f:replicas": {}, "f:serviceName": {} } },
  },
];

describe("the target of an autoscaler", () => {
  test("is found with its pods, whatever its kind", () => {
    const view = viewOf({ wallMs: Date.UTC(2026, 0, 1) });
    view.store.putSpec(statefulSetResource, workload("StatefulSet", { matchLabels: labels }));
    const controller = workload("ReplicationController", labels);
    view.store.putSpec(replicationControllerResource, controller);
    for (const [name, app] of [
      ["a", "web"],
      ["b", "other"],
    ] as const) {
      const metadata = { name, namespace: "default", uid: name, labels: { app } };
      view.store.putSpec(podResource, {
        apiVersion: "v1",
        kind: "Pod",
        metadata,
        spec: { containers: [] },
      });
    }
    for (const [apiVersion, kind] of [
      ["apps/v1", "StatefulSet"],
      ["v1", "ReplicationController"],
    ] as const) {
      const target = scaleTargetOf(autoscalerFor(apiVersion, kind), "default", view);
      assert(typeof target !== "string");
      assert.equal(target.replicas, 2);
      assert.deepEqual(
        podsOfTarget(target, view).map(({ metadata }) => metadata.name),
        ["a"],
      );
    }
  });

  test("is told to be missing in Kubernetes' words", () => {
    const view = viewOf();
    const missing = (apiVersion: string, kind: string): unknown =>
      scaleTargetOf(autoscalerFor(apiVersion, kind), "default", view);
    assert.equal(missing("apps/v1", "Deployment"), 'deployments/scale.apps "web" not found');
    assert.equal(
      missing("v1", "ReplicationController"),
      'replicationcontrollers/scale "web" not found',
    );
    assert.equal(missing("acme.io/v1", "Robot"), 'no matches for kind "Robot" in group "acme.io"');
    assert.equal(missing("v1", "Pod"), 'no matches for kind "Pod" in group ""');
  });

  test("is scaled by a write that takes the field from whoever owned it", () => {
    const view = viewOf({ wallMs: Date.UTC(2026, 0, 1) });
    const object = workload("StatefulSet", { matchLabels: labels }, account);
    const target = { resource: statefulSetResource, object, replicas: 2, selector: undefined };
    const [effect] = rescaling(target, 3, view).effects;
    assert(effect?.kind === "put");
    const { spec, metadata } = effect.object;
    assert.equal(metadata.generation, 5);
    assert(isJsonObject(spec));
    assert.equal(spec["replicas"], 3);
    assert.deepEqual(metadata.managedFields, [
      { ...account[0], fieldsV1: { "f:spec": { "f:serviceName": {} } } },
      {
        manager: "kube-controller-manager",
        operation: "Update",
        apiVersion: "apps/v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:replicas": {} } },
        subresource: "scale",
      },
    ]);
  });

  test("has no account afterwards if it had none before", () => {
    const object = workload("StatefulSet", { matchLabels: labels });
    const [effect] = rescaling(
      { resource: statefulSetResource, object, replicas: 2, selector: undefined },
      3,
      viewOf(),
    ).effects;
    assert(effect?.kind === "put");
    assert.equal(effect.object.metadata.managedFields, undefined);
  });

  test("may be a custom resource, whose definition says where its numbers are", () => {
    const view = viewOf();
    const scale = { specReplicasPath: ".spec.size", labelSelectorPath: ".status.pods" };
    view.store.putSpec(definitionResource, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "robots.acme.io", uid: "D" },
      spec: {
        group: "acme.io",
        scope: "Namespaced",
        names: { plural: "robots", kind: "Robot" },
        versions: [{ name: "v1", served: true, storage: true, subresources: { scale } }],
      },
    });
    const autoscaler = autoscalerFor("acme.io/v1", "Robot");
    const found = () => scaleTargetOf(autoscaler, "default", view);
    assert.equal(found(), 'robots/scale.acme.io "web" not found');
    const robot: KubeObject = {
      apiVersion: "acme.io/v1",
      kind: "Robot",
      metadata: { name: "web", namespace: "default", uid: "R" },
      spec: { size: 2 },
    };
    const [resource] = customResourcesOf(view.store.list(definitionResource).items[0] ?? robot);
    assert(resource);
    view.store.putSpec(resource, robot);
    view.store.putStatus(resource, { ...robot, status: { pods: "app=web" } });
    const target = found();
    assert(typeof target !== "string");
    assert.equal(target.replicas, 2);
    assert.deepEqual(target.selector, selectorOf({ matchLabels: labels }));
    const [effect] = rescaling(target, 3, view).effects;
    assert(effect?.kind === "put");
    assert.deepEqual(effect.object.spec, { size: 3 });
    view.store.putStatus(resource, { ...robot, status: {} });
    const silent = found();
    assert(typeof silent !== "string");
    assert.equal(silent.selector, undefined);
    assert.deepEqual(podsOfTarget(silent, view), []);
  });
});
