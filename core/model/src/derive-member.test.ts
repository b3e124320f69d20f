import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isJsonObject } from "@beemesh/wire";
import { defaults } from "./defaults.ts";
import { isDerivedFrom, workloadName } from "./derive.ts";
import {
  asOfRevision,
  deriveDaemonPod,
  deriveStatefulPod,
  isRevisionOf,
  machineNameOf,
  revisionNameOf,
  revisionOfTemplate,
} from "./derive-member.ts";
import type { KubeObject } from "./object.ts";
import { applyPatch } from "./patch.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";
import { isDaemonSet, isStatefulSet } from "./workload.ts";

function made(kind: string, image = "i:1", spec: object = {}): KubeObject {
  const resource = resourceOfKind("apps/v1", kind);
  assert(resource);
  const template = {
    metadata: { labels: { app: "db" } },
    spec: { containers: [{ name: "c", image }] },
  };
  const object = defaults(resource, {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "db", namespace: "default", uid: "U" },
    spec: { selector: { matchLabels: { app: "db" } }, template, ...spec },
  });
  assert.deepEqual(validate(resource, object), []);
  return object;
}

const pods = resourceOfKind("v1", "Pod");
const sets = resourceOfKind("apps/v1", "StatefulSet");
const [first, second] = ["i:1", "i:2"].map((image) => made("StatefulSet", image));
const daemons = made("DaemonSet");
assert(pods && sets && first && second);
assert(isStatefulSet(first) && isStatefulSet(second) && isDaemonSet(daemons));

describe("a ControllerRevision", () => {
  test("is valid, the patch that brings its template back, and of its owner alone", () => {
    const resource = resourceOfKind("apps/v1", "ControllerRevision");
    assert(resource);
    const revision = revisionOfTemplate(first);
    assert.deepEqual(validate(resource, revision), []);
    const data = revision["data"];
    assert(isJsonObject(data));
    const back = applyPatch("strategic", sets, second, data);
    assert(back.ok);
    assert.deepEqual(Object(back.object.spec).template, first.spec.template);
    assert(isRevisionOf(revision, second), "also of a later template's owner");
    const stranger = { ...second, metadata: { ...second.metadata, uid: "V" } };
    assert(!isRevisionOf(revision, stranger));
    const template = { ...Object(data).spec.template, spec: { containers: [] } };
    assert(!isRevisionOf({ ...revision, data: { spec: { template } } }, second));
    assert(!isRevisionOf({ ...revision, data: {} }, second));
  });
});

describe("a pod of a StatefulSet", () => {
  const pod = deriveStatefulPod(first, 7, "p");

  test("is valid, named by its ordinal, and of the revision that it names", () => {
    assert.deepEqual(validate(pods, pod), []);
    assert.equal(pod.metadata.name, "db-7");
    const revision = revisionOfTemplate(first);
    const owner = { kind: "StatefulSet", name: "db" };
    assert.equal(revisionNameOf(pod, owner), revision.metadata.name);
    assert(isDerivedFrom(pod, first) && !isDerivedFrom(pod, second));
    assert(isDerivedFrom(pod, second, revision));
    assert.deepEqual(asOfRevision(second, revision).spec.template, first.spec.template);
    assert.equal(workloadName(pod), "default/db");
  });

  test("has a volume for each claim, which is named by the pod", () => {
    const spec = { volumeClaimTemplates: [{ metadata: { name: "data" }, spec: {} }] };
    const set = { ...first, spec: { ...first.spec, ...spec } };
    assert(isStatefulSet(set));
    const [volume] = deriveStatefulPod(set, 0, "p").spec.volumes ?? [];
    assert.deepEqual(volume?.["persistentVolumeClaim"], { claimName: "data-db-0" });
  });
});

test("a pod of a DaemonSet is valid, for one machine, and of another name on another", () => {
  const [a, b] = ["a", "b"].map((machine) => deriveDaemonPod(daemons, machine, "p"));
  assert(a && b);
  assert.deepEqual(validate(pods, a), []);
  assert.equal(machineNameOf(a), "a");
  assert.notEqual(a.metadata.name, b.metadata.name);
  assert(isDerivedFrom(a, daemons));
  assert(!isDerivedFrom({ ...a, metadata: { ...a.metadata, name: b.metadata.name } }, daemons));
  const owner = { kind: "DaemonSet", name: "db" };
  assert.equal(revisionNameOf(a, owner), revisionOfTemplate(daemons).metadata.name);
});
