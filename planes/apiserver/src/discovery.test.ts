import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resources } from "@beemesh/model";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const client = new TestClient();
const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;

describe("discovery", () => {
  test("lists every resource of the model under its group and version", () => {
    for (const { group, version, name } of resources) {
      const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const { body } = client.send(`GET ${path}`);
      const names = listAt(body, "resources").map((each) => textAt(each, "name"));
      assert(names.includes(name), `${path} has ${name}`);
    }
  });

  test("says that pods can be evicted by policy/v1, for drain", () => {
    const { body } = client.send("GET /api/v1");
    const eviction = listAt(body, "resources").find(
      (each) => textAt(each, "name") === "pods/eviction",
    );
    assert.equal(textAt(eviction, "group"), "policy");
    assert.equal(textAt(eviction, "version"), "v1");
    assert.equal(textAt(eviction, "kind"), "Eviction");
  });

  for (const version of ["v2", "v2beta1"]) {
    test(`answers at once in the aggregated form ${version}`, () => {
      const { reply, body } = client.send("GET /apis", undefined, { accept: aggregated(version) });
      assert(reply.kind === "json");
      assert.equal(
        reply.headers?.["Content-Type"],
        `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      );
      const apps = listAt(body, "items").find(
        (item) => textAt(item, "metadata", "name") === "apps",
      );
      const deployments = listAt(apps, "versions", 0, "resources").find(
        (resource) => textAt(resource, "resource") === "deployments",
      );
      assert.equal(textAt(deployments, "scope"), "Namespaced");
      const names = listAt(deployments, "subresources").map((each) => textAt(each, "subresource"));
      assert.deepEqual(names, ["scale", "status"]);
    });
  }

  test("answers in the plain form to a client that wants another aggregated one", () => {
    const { body } = client.send("GET /api", undefined, { accept: aggregated("v9") });
    assert.equal(textAt(body, "kind"), "APIVersions");
    assert.deepEqual(fieldAt(body, "versions"), ["v1"]);
  });

  test("knows groups by name, and says 404 to others", () => {
    assert.equal(textAt(client.send("GET /apis").body, "kind"), "APIGroupList");
    assert.equal(textAt(client.send("GET /apis/apps").body, "preferredVersion", "version"), "v1");
    assert.equal(client.send("GET /apis/nothing").status, 404);
    assert.equal(client.send("GET /apis/apps/v9").status, 404);
    assert.equal(client.send("GET /api/v9").status, 404);
  });
});
