import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type KubeObject, ResourceBook } from "@beemesh/model";
import type { ApiRequest, ObjectStore } from "@beemesh/ports";
import { Reading } from "./reading.ts";

const requestFor = (path: string): ApiRequest => ({
  method: "GET",
  path: path.split("/").slice(1),
  query: new Map(),
  accept: "",
  contentType: "",
  body: undefined,
  user: { name: "ann", groups: [] },
});

const namespaceOf = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

/** What is followed for a request, by a machine that then holds it at once. */
async function followedFor(path: string): Promise<string[]> {
  const followed: string[] = [];
  let isHere = false;
  const list: ObjectStore["list"] = () => ({
    items: [namespaceOf("a"), namespaceOf("b")],
    revision: "1",
  });
  const reading = new Reading(
    {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it only lists namespaces
      objects: { list, resources: new ResourceBook() } as ObjectStore,
      follow: (collection) => followed.push(collection),
      holds: () => isHere,
      knows: () => false,
    },
    () => {
      isHere = true;
    },
  );
  await reading.bring(requestFor(path));
  return followed;
}

describe("Reading", () => {
  test("follows the collection that a path speaks of, and the namespaces", async () => {
    const path = "/apis/apps/v1/namespaces/shop/deployments/web/scale";
    assert.deepEqual(await followedFor(path), ["deployments.apps/shop", "namespaces/-"]);
  });

  test("follows the collections of all namespaces for a list across them", async () => {
    assert.deepEqual(await followedFor("/api/v1/pods"), ["pods/a", "pods/b", "namespaces/-"]);
  });

  test("waits for all of what decides, and for any of what is read", async () => {
    let isWhole = false;
    const reading = new Reading(
      {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is not asked
        objects: {} as ObjectStore,
        follow: () => undefined,
        holds: () => true,
        knows: () => isWhole,
      },
      () => {
        isWhole = true;
      },
    );
    await reading.bringAll(["serviceaccounts/shop"]);
    assert.equal(isWhole, false, "a keeper that has just become one can be read");
    await reading.learn(["serviceaccounts/shop"]);
    assert.equal(isWhole, true);
  });

  test("follows what has no namespace", async () => {
    assert.deepEqual(await followedFor("/api/v1/nodes/m1"), ["nodes/-"]);
    assert.deepEqual(await followedFor("/api/v1/namespaces/shop"), ["namespaces/-"]);
  });

  test("follows nothing for what is said of the API's own resources", async () => {
    assert.deepEqual(await followedFor("/api/v1"), []);
    assert.deepEqual(await followedFor("/apis/apps/v1"), []);
  });

  test("follows the definitions first for what may be about what they define", async () => {
    const definitions = "customresourcedefinitions.apiextensions.k8s.io/-";
    for (const path of ["/openapi/v3", "/openapi/v2", "/apis", "/apis/example.com/v1/widgets"]) {
      assert.deepEqual(await followedFor(path), [definitions], path);
    }
  });
});
