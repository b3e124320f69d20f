/** Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

const url = `${paths.pods}/web/resize`;
const strategic = { contentType: "application/strategic-merge-patch+json" };

const sized = (cpu: string, image = "nginx:1"): JsonObject => ({
  containers: [{ name: "web", image, resources: { requests: { cpu } } }],
});

function clientWithPod(): TestClient {
  const client = new TestClient();
  assert.equal(client.send(`POST ${paths.pods}`, podManifest("web", sized("1"))).status, 201);
  return client;
}

function cpuOf(client: TestClient): unknown {
  const [container] = listAt(client.send(`GET ${paths.pods}/web`).body, "spec", "containers");
  return fieldAt(container, "resources", "requests", "cpu");
}

const patchTo = (cpu: string): JsonObject => ({
  spec: { containers: [{ name: "web", resources: { requests: { cpu } } }] },
});

describe("pods/resize", () => {
  test("gives a pod other resources, which the pod itself does not", () => {
    const client = clientWithPod();
    const direct = client.send(`PATCH ${paths.pods}/web`, patchTo("2"), strategic);
    assert.equal(direct.status, 422);
    const { status, body } = client.send(`PATCH ${url}`, patchTo("2"), strategic);
    assert.equal(status, 200, textAt(body, "message"));
    assert.equal(cpuOf(client), "2");
    assert.equal(fieldAt(body, "metadata", "generation"), 2);
    assert.equal(client.send(`GET ${url}`).status, 200);
  });

  test("changes nothing else of what a whole pod says", () => {
    const client = clientWithPod();
    const { body } = client.send(`GET ${paths.pods}/web`);
    const spec = { ...mapAt(body, "spec"), ...sized("3", "other:1"), nodeName: "elsewhere" };
    const metadata = { name: "web", labels: { changed: "yes" } };
    const whole = { ...podManifest("web"), metadata, spec };
    const put = client.send(`PUT ${url}`, whole);
    assert.equal(put.status, 200, textAt(put.body, "message"));
    assert.equal(cpuOf(client), "3");
    const now = client.send(`GET ${paths.pods}/web`).body;
    assert.equal(textAt(now, "spec", "nodeName"), "");
    assert.equal(textAt(listAt(now, "spec", "containers")[0], "image"), "nginx:1");
    assert.equal(textAt(now, "metadata", "labels", "changed"), "");
  });

  test("refuses containers that are not there", () => {
    const client = clientWithPod();
    const other = { spec: { containers: [{ name: "other", image: "x:1" }] } };
    const { status, body } = client.send(`PATCH ${url}`, other, strategic);
    assert.equal(status, 422);
    assert.match(textAt(body, "message"), /may not be added or removed on resize/u);
  });

  test("counts for quotas and LimitRanges", () => {
    const client = clientWithPod();
    const core = "/api/v1/namespaces/default";
    const hard = { "requests.cpu": "2" };
    client.send(`POST ${core}/resourcequotas`, { metadata: { name: "q" }, spec: { hard } });
    const over = client.send(`PATCH ${url}`, patchTo("3"), strategic);
    assert.equal(over.status, 403);
    assert.match(textAt(over.body, "message"), /exceeded quota: q, requested: requests.cpu=2/u);
    assert.equal(client.send(`PATCH ${url}`, patchTo("2"), strategic).status, 200);
    const limits = [{ type: "Container", max: { cpu: "1" } }];
    client.send(`POST ${core}/limitranges`, { metadata: { name: "r" }, spec: { limits } });
    const broad = client.send(`PATCH ${url}`, patchTo("1.5"), strategic);
    assert.match(textAt(broad.body, "message"), /maximum cpu usage per Container/u);
  });
});
