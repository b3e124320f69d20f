import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "./test-client.ts";
import {
  configMapManifest,
  deploymentManifest,
  nodeManifest,
  paths,
  podManifest,
} from "./test-object.ts";

test("the manifests of tests are valid", () => {
  const client = new TestClient();
  const sent = [
    client.send(`POST ${paths.pods}?fieldValidation=Strict`, podManifest("web")),
    client.send(`POST ${paths.configMaps}?fieldValidation=Strict`, configMapManifest("web")),
    client.send(`POST ${paths.deployments}?fieldValidation=Strict`, deploymentManifest("web")),
    client.send(`POST ${paths.nodes}?fieldValidation=Strict`, nodeManifest("ann")),
  ];
  assert.deepEqual(
    sent.map(({ status }) => status),
    [201, 201, 201, 201],
  );
});
