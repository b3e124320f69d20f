import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { nodeManifest } from "./test-object.ts";

const service = "/api/v1/namespaces/default/services/kubernetes";
const endpoints = "/api/v1/namespaces/default/endpoints/kubernetes";
const slices =
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices" +
  "?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes";

/** A mesh of machines whose APIs are at these places, `<name> <ip> <port>`. */
function meshOf(...machines: readonly string[]): TestClient {
  const client = new TestClient();
  for (const machine of machines) {
    const [name = "", address = "", port = ""] = machine.split(" ");
    const node = nodeManifest(name);
    const annotations = { "beemesh.io/api-port": port };
    client.send("POST /api/v1/nodes", { ...node, metadata: { name, annotations } });
    const status = { addresses: [{ type: "InternalIP", address }] };
    client.send(`PUT /api/v1/nodes/${name}/status`, { ...node, status });
  }
  return client;
}

/** Where the slices say that the API is. */
function placesIn(client: TestClient): readonly string[] {
  return listAt(client.send(`GET ${slices}`).body, "items").flatMap((slice) =>
    listAt(slice, "endpoints").map(
      (each) => `${textAt(each, "addresses", 0)}:${String(fieldAt(slice, "ports", 0, "port"))}`,
    ),
  );
}

describe("the Service of the API", () => {
  test("is an object that nobody has written, with a secure port", () => {
    const { status, body } = meshOf().send(`GET ${service}`);
    assert.equal(status, 200);
    assert.equal(textAt(body, "spec", "clusterIP"), "10.96.0.1");
    assert.deepEqual(fieldAt(body, "spec", "ports", 0), {
      name: "https",
      port: 443,
      protocol: "TCP",
      targetPort: 6443,
    });
  });

  test("has the machines that are alive behind it, also those of one computer", () => {
    const client = meshOf("ann 192.0.2.1 6443", "bob 192.0.2.2 6443", "cat 192.0.2.1 7443");
    assert.deepEqual(placesIn(client), ["192.0.2.1:6443", "192.0.2.2:6443", "192.0.2.1:7443"]);
    const subsets = listAt(client.send(`GET ${endpoints}`).body, "subsets");
    assert.deepEqual(
      subsets.map((subset) => listAt(subset, "addresses")),
      [[{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }], [{ ip: "192.0.2.1" }]],
    );
    client.dead.add("bob");
    assert.deepEqual(placesIn(client), ["192.0.2.1:6443", "192.0.2.1:7443"]);
  });

  test("leaves out machines that do not say where their API is", () => {
    assert.deepEqual(placesIn(meshOf("ann 192.0.2.1 ", "bob fd00::1 6443", "cat x 70000")), []);
  });

  test("takes labels from whoever writes it, and nothing else", () => {
    const client = meshOf();
    const contentType = "application/merge-patch+json";
    const patch = { metadata: { labels: { mine: "yes" } }, spec: { selector: { app: "sly" } } };
    assert.equal(client.send(`PATCH ${service}`, patch, { contentType }).status, 200);
    const { body } = client.send(`GET ${service}`);
    assert.equal(textAt(body, "metadata", "labels", "mine"), "yes");
    assert.equal(fieldAt(body, "spec", "selector"), undefined);
  });

  test("is there again when it is deleted, and in no other namespace", () => {
    const client = meshOf();
    assert.equal(client.send(`DELETE ${service}`).status, 200);
    assert.equal(client.send(`GET ${service}`).status, 200);
    const elsewhere = service.replace("default", "kube-system");
    assert.equal(client.send(`GET ${elsewhere}`).status, 404);
    const all = listAt(client.send("GET /api/v1/services").body, "items");
    assert.deepEqual(
      all.map((each) => textAt(each, "metadata", "name")),
      ["kubernetes"],
    );
  });
});
