/** Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, mutatorsAnnotation } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { paths, podManifest } from "../test-object.ts";

const { pods } = paths;
const core = "/api/v1/namespaces/default";
const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";

function made(client: TestClient, spec: JsonObject = {}): unknown {
  const { status, body } = client.send(`POST ${pods}`, podManifest("p", spec));
  return status === 201 ? fieldAt(body, "spec") : textAt(body, "message");
}

describe("a new pod", () => {
  test("has a priority, an account and no surprise", () => {
    const spec = made(new TestClient());
    assert.equal(fieldAt(spec, "priority"), 0);
    assert.equal(textAt(spec, "preemptionPolicy"), "PreemptLowerPriority");
    assert.equal(textAt(spec, "serviceAccountName"), "default");
  });

  test("has the priority of its class, or of the default one", () => {
    const client = new TestClient();
    const high = { metadata: { name: "high" }, value: 7, globalDefault: true };
    assert.equal(client.send(`POST ${classes}`, high).status, 201);
    assert.equal(fieldAt(made(client), "priority"), 7);
    const { status, body } = client.send(`POST ${classes}`, { ...high, metadata: { name: "low" } });
    assert.equal(status, 403);
    assert.match(textAt(body, "message"), /PriorityClass high is already marked as default/u);
    const again = client.send(`PUT ${classes}/high`, { ...high, description: "again" });
    assert.equal(again.status, 200, "it may stay what it is");
  });

  test("may have a class of the system, which is there, and no unknown one", () => {
    const client = new TestClient();
    const name = "system-cluster-critical";
    assert.equal(fieldAt(made(client, { priorityClassName: name }), "priority"), 2_000_000_000);
    assert.equal(fieldAt(client.send(`GET ${classes}/${name}`).body, "value"), 2_000_000_000);
    assert.equal(
      made(client, { priorityClassName: "nope" }),
      'pods "p" is forbidden: no PriorityClass with name nope was found',
    );
  });

  test("keeps its priority when its manifest, which says none, is sent again", () => {
    const client = new TestClient();
    client.send(`POST ${classes}`, { metadata: { name: "high" }, value: 7, globalDefault: true });
    const { body } = client.send(`POST ${pods}`, podManifest("p"));
    const { priority: _, preemptionPolicy: __, ...spec } = Object(fieldAt(body, "spec"));
    const metadata = { name: "p", labels: { app: "p", more: "x" } };
    const again = client.send(`PUT ${pods}/p`, { ...podManifest("p"), metadata, spec });
    assert.equal(again.status, 200, JSON.stringify(again.body));
    assert.equal(fieldAt(again.body, "spec", "priority"), 7);
  });

  test("has no note of webhooks by its author, and keeps the one that it has", () => {
    const client = new TestClient();
    const noted = (note: string): JsonObject => ({
      ...podManifest("p"),
      metadata: { name: "p", annotations: { [mutatorsAnnotation]: note, a: "b" } },
    });
    const annotationsOf = (body: unknown): unknown => fieldAt(body, "metadata", "annotations");
    const { body } = client.send(`POST ${pods}`, noted("side/side.example.com"));
    assert.deepEqual(annotationsOf(body), { a: "b" });
    const patch = { metadata: { annotations: { [mutatorsAnnotation]: "side/other" } } };
    const contentType = "application/merge-patch+json";
    const patched = client.send(`PATCH ${pods}/p`, patch, { contentType });
    assert.equal(patched.status, 200);
    assert.deepEqual(annotationsOf(patched.body), { a: "b" });
    const resource = findResource("", "pods");
    const stored = resource && client.store.get(resource, "default", "p");
    assert(resource && stored);
    const metadata = { ...stored.metadata, annotations: { [mutatorsAnnotation]: "side/x" } };
    client.store.putSpec(resource, { ...stored, metadata });
    const dropped = client.send(
      `PATCH ${pods}/p`,
      { metadata: { annotations: null } },
      { contentType },
    );
    assert.deepEqual(annotationsOf(dropped.body), { [mutatorsAnnotation]: "side/x" });
  });

  test("needs its account to be there", () => {
    assert.equal(
      made(new TestClient(), { serviceAccountName: "bot" }),
      'pods "p" is forbidden: error looking up service account default/bot: ' +
        'serviceaccount "bot" not found',
    );
    const client = new TestClient();
    const imagePullSecrets = [{ name: "registry" }];
    client.send(`POST ${core}/serviceaccounts`, { metadata: { name: "bot" }, imagePullSecrets });
    const spec = made(client, { serviceAccountName: "bot" });
    assert.deepEqual(fieldAt(spec, "imagePullSecrets"), imagePullSecrets);
  });

  test("costs what its RuntimeClass says beside its containers", () => {
    const client = new TestClient();
    assert.equal(
      made(client, { runtimeClassName: "vm" }),
      'pods "p" is forbidden: pod rejected: RuntimeClass "vm" not found',
    );
    client.send("POST /apis/node.k8s.io/v1/runtimeclasses", {
      metadata: { name: "vm" },
      handler: "vm",
      overhead: { podFixed: { cpu: "250m" } },
    });
    assert.deepEqual(fieldAt(made(client, { runtimeClassName: "vm" }), "overhead"), {
      cpu: "250m",
    });
  });

  test("has what a LimitRange gives, and is held to it", () => {
    const client = new TestClient();
    const limits = [{ type: "Container", max: { memory: "1Gi" }, default: { memory: "512Mi" } }];
    client.send(`POST ${core}/limitranges`, { metadata: { name: "l" }, spec: { limits } });
    const spec = made(client);
    assert.deepEqual(fieldAt(spec, "containers", 0, "resources"), {
      requests: { memory: "512Mi" },
      limits: { memory: "512Mi" },
    });
    const greedy = [{ name: "c", image: "i", resources: { limits: { memory: "2Gi" } } }];
    assert.equal(
      made(client, { containers: greedy }),
      'pods "p" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
    );
  });
});

test("a claim is held to its LimitRange", () => {
  const client = new TestClient();
  const limits = [{ type: "PersistentVolumeClaim", max: { storage: "2Gi" } }];
  client.send(`POST ${core}/limitranges`, { metadata: { name: "l" }, spec: { limits } });
  const { status, body } = client.send(`POST ${core}/persistentvolumeclaims`, {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "3Gi" } } },
  });
  assert.equal(status, 403);
  assert.match(textAt(body, "message"), /maximum storage usage per PersistentVolumeClaim is 2Gi/u);
});
