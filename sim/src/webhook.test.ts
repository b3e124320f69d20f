import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject, textAt } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import { Mesh } from "./mesh.ts";
import { deploymentOf } from "./scenarios/client.ts";
import { judges, markingWebhook } from "./webhook.ts";

const deployments = "apis/apps/v1/namespaces/default/deployments";

/** Three machines whose pods are judged, and a Deployment that was made a moment ago. */
function judgedMesh(): { readonly mesh: Mesh; readonly first: PeerId } {
  const mesh = new Mesh(5);
  const [first] = [mesh.grow(), mesh.grow(), mesh.grow()];
  mesh.world.run(6000);
  for (const judge of judges) {
    assert.equal(mesh.request(first, { method: "POST", ...judge })?.status, 201);
  }
  mesh.world.run(7000);
  const body = deploymentOf("web", 3);
  assert.equal(mesh.request(first, { method: "POST", path: deployments, body })?.status, 201);
  return { mesh, first };
}

function podsOf(mesh: Mesh, at: PeerId): readonly KubeObject[] {
  const pods = findResource("", "pods");
  assert(pods);
  return mesh.world.node(at).objects.list(pods, "default").items;
}

function isMarked(pod: KubeObject): boolean {
  return JSON.stringify(pod).includes('"MARKED"');
}

test("pods of a mesh with judges run as the webhook has made them", () => {
  const { mesh, first } = judgedMesh();
  mesh.world.run(14_000);
  const pods = podsOf(mesh, first);
  assert.equal(pods.length, 3);
  assert(pods.every(isMarked));
  assert(pods.every((pod) => textAt(pod, "status", "phase") === "Running"));
});

test("a pod whose webhook is gone before it starts makes room for another", () => {
  const { mesh, first } = judgedMesh();
  const { world } = mesh;
  while (podsOf(mesh, first).length === 0) world.run(world.nowMs + 5);
  assert(podsOf(mesh, first).every(isMarked));
  for (const { path, body } of judges) {
    mesh.request(first, { method: "DELETE", path: `${path}/${textAt(body, "metadata", "name")}` });
  }
  world.run(world.nowMs + 5000);
  const [waiting] = podsOf(mesh, first).filter(isMarked);
  assert.notEqual(textAt(waiting, "status", "phase"), "Running");
  world.run(world.nowMs + 15_000);
  const pods = podsOf(mesh, first);
  assert.equal(pods.length, 3);
  assert(pods.every((pod) => textAt(pod, "status", "phase") === "Running" && !isMarked(pod)));
});

test("a webhook answers the review that it was asked", () => {
  const review = { request: { uid: "u" } };
  const answer = markingWebhook({ url: "", caBundle: "", timeoutMs: 1, review });
  assert(answer.ok);
  assert.equal(textAt(answer.body, "response", "uid"), "u");
});
