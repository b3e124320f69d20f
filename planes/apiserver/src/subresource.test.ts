import assert from "node:assert/strict";
import { test } from "node:test";
import { resourceOfKind } from "@beemesh/model";
import { subresourcesOf } from "./subresource.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

function namesOf(apiVersion: string, kind: string): readonly string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource);
  return subresourcesOf(resource).map(({ name }) => name);
}

test("each kind has its own subresources", () => {
  assert.deepEqual(namesOf("apps/v1", "Deployment"), ["scale", "status"]);
  assert.deepEqual(namesOf("v1", "Namespace"), ["finalize", "status"]);
  assert.deepEqual(namesOf("v1", "ConfigMap"), []);
  assert(namesOf("v1", "Pod").includes("portforward"));
});

test("what is not there is not found", () => {
  const client = new TestClient();
  client.send(`POST ${paths.pods}`, podManifest("web"));
  assert.equal(client.send(`PATCH ${paths.pods}/web/nothing`, {}).status, 404);
  assert.equal(client.send(`GET ${paths.configMaps}/conf/status`).status, 404);
});
