import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, numberAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";

const path = "/api/v1/namespaces/default/services";

function service(name: string, spec: JsonObject): JsonObject {
  return { metadata: { name }, spec };
}

const web = {
  type: "NodePort",
  clusterIP: "10.96.9.9",
  clusterIPs: ["10.96.9.9"],
  ports: [{ name: "http", port: 80, nodePort: 30_080 }],
};

function shop(): TestClient {
  const client = new TestClient();
  assert.equal(client.send(`POST ${path}`, service("web", web)).status, 201);
  return client;
}

function refusalOf(client: TestClient, line: string, body: JsonObject): string {
  const { status, body: said } = client.send(line, body);
  assert.equal(status, 422);
  return listAt(said, "details", "causes")
    .map((cause) => `${textAt(cause, "field")}: ${textAt(cause, "message")}`)
    .join("; ");
}

describe("what a Service is given", () => {
  test("is not what another one has, nor the API", () => {
    const client = shop();
    const taken = { ...web, clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"] };
    assert.equal(
      refusalOf(client, `POST ${path}`, service("other", taken)),
      "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated; " +
        'spec.clusterIPs: Invalid value: ["10.96.0.1"]: ' +
        "failed to allocate IP 10.96.0.1: provided IP is already allocated",
    );
    const free = { type: "NodePort", ports: [{ port: 80, nodePort: 30_081 }] };
    client.send(`POST ${path}`, service("other", free));
    const changed = { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] };
    assert.match(refusalOf(client, `PUT ${path}/other`, service("other", changed)), /allocated$/u);
    const sharing = {
      type: "NodePort",
      ports: [
        { name: "a", port: 53, nodePort: 30_053 },
        { name: "b", port: 53, nodePort: 30_053, protocol: "UDP" },
      ],
    };
    assert.equal(client.send(`POST ${path}`, service("dns", sharing)).status, 201);
  });

  test("is kept when a change does not speak of it", () => {
    const client = shop();
    const ports = [
      { name: "new", port: 81 },
      { name: "http", port: 82 },
    ];
    const { status, body } = client.send(
      `PUT ${path}/web`,
      service("web", { type: "NodePort", ports }),
    );
    assert.equal(status, 200);
    assert.equal(textAt(body, "spec", "clusterIP"), "10.96.9.9");
    const given = listAt(body, "spec", "ports").map((port) => numberAt(port, "nodePort"));
    assert.deepEqual(given, [0, 30_080]);
  });

  test("is lost with the type that needs it", () => {
    const client = shop();
    const contentType = "application/merge-patch+json";
    const patch = (spec: JsonObject): unknown =>
      client.send(`PATCH ${path}/web`, { spec }, { contentType }).body;
    const inside = patch({ type: "ClusterIP" });
    assert.equal(fieldAt(inside, "spec", "ports", 0, "nodePort"), undefined);
    assert.equal(textAt(inside, "spec", "clusterIP"), "10.96.9.9");
    const alias = patch({ type: "ExternalName", externalName: "example.com" });
    assert.equal(textAt(alias, "spec", "type"), "ExternalName");
    for (const member of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
      assert.equal(fieldAt(alias, "spec", member), undefined, member);
    }
    const back = patch({ type: "NodePort", externalName: null, ports: [{ port: 80 }] });
    assert.equal(textAt(back, "spec", "type"), "NodePort");
  });
});
