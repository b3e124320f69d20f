import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

for (const part of ["ephemeralcontainers", "resize"]) {
  test(`${part} is read, replaced and patched, and nothing else`, () => {
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const url = `${paths.pods}/web/${part}`;
    assert.equal(client.send(`GET ${url}`).status, 200);
    assert.equal(client.send(`DELETE ${url}`).status, 405);
    assert.equal(client.send(`PUT ${paths.pods}/none/${part}`, podManifest("none")).status, 404);
    const applied = { contentType: "application/apply-patch+yaml" };
    const { status } = client.send(`PATCH ${url}?fieldManager=me`, podManifest("web"), applied);
    assert.equal(status, 415);
    const stale = { ...podManifest("web"), metadata: { name: "web", resourceVersion: "1" } };
    assert.equal(client.send(`PUT ${url}`, stale).status, 409);
  });
}
