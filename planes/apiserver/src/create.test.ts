import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths, podManifest } from "./test-object.ts";

describe("create", () => {
  test("sets what only the server sets, and believes none of it", () => {
    const client = new TestClient();
    const sent = {
      ...deploymentManifest("web"),
      metadata: {
        name: "web",
        uid: "mine",
        generation: 9,
        resourceVersion: "5",
        creationTimestamp: null,
      },
      status: { replicas: 7 },
    };
    const { status, body } = client.send(`POST ${paths.deployments}`, sent);
    assert.equal(status, 201);
    const { metadata } = { metadata: fieldAt(body, "metadata") };
    assert.notEqual(textAt(metadata, "uid"), "mine");
    assert.equal(fieldAt(metadata, "generation"), 1);
    assert.equal(textAt(metadata, "creationTimestamp"), "2026-01-01T00:00:00Z");
    assert.equal(textAt(metadata, "resourceVersion"), client.store.revision);
    assert.deepEqual(fieldAt(body, "status"), {});
  });

  test("refuses a name that is taken, in kube-apiserver's words", () => {
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const { status, body } = client.send(`POST ${paths.pods}`, podManifest("web"));
    assert.equal(status, 409);
    assert.equal(textAt(body, "reason"), "AlreadyExists");
    assert.equal(textAt(body, "message"), 'pods "web" already exists');
  });

  test("makes names that were not there", () => {
    const client = new TestClient();
    const metadata = { generateName: "web-" };
    const names = Array.from({ length: 5 }, () => {
      const { body } = client.send(`POST ${paths.pods}`, { ...podManifest(""), metadata });
      return textAt(body, "metadata", "name");
    });
    assert.equal(new Set(names).size, 5);
    assert(names.every((name) => /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/u.test(name)));
  });

  test("answers a dry run and writes nothing", () => {
    const client = new TestClient();
    const before = client.store.revision;
    const { status, body } = client.send(`POST ${paths.pods}?dryRun=All`, podManifest("web"));
    assert.equal(status, 201);
    assert.notEqual(textAt(body, "metadata", "uid"), "");
    assert.equal(client.store.revision, before);
    assert.equal(client.send(`POST ${paths.pods}?dryRun=Some`, podManifest("web")).status, 422);
  });

  test("refuses, reports or drops unknown fields, as asked", () => {
    const client = new TestClient();
    const manifest = { ...configMapManifest("conf"), dta: {} };
    const strict = client.send(`POST ${paths.configMaps}?fieldValidation=Strict`, manifest);
    assert.equal(strict.status, 400);
    assert.equal(textAt(strict.body, "message"), 'strict decoding error: unknown field "dta"');
    const warned = client.send(`POST ${paths.configMaps}?dryRun=All`, manifest);
    assert.deepEqual(warned.warnings, ['unknown field "dta"']);
    const ignored = client.send(`POST ${paths.configMaps}?fieldValidation=Ignore`, manifest);
    assert.deepEqual(ignored.warnings, []);
    assert.equal(fieldAt(ignored.body, "dta"), undefined);
  });

  test("needs a namespace that is there and stays", () => {
    const client = new TestClient();
    const away = client.send("POST /api/v1/namespaces/away/pods", podManifest("web"));
    assert.equal(away.status, 404);
    assert.equal(textAt(away.body, "message"), 'namespaces "away" not found');
    client.send(`POST ${paths.namespaces}`, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "away" },
    });
    client.send(`DELETE ${paths.namespaces}/away`);
    const going = client.send("POST /api/v1/namespaces/away/pods", podManifest("web"));
    assert.equal(going.status, 403);
    assert.equal(textAt(going.body, "details", "causes", 0, "reason"), "NamespaceTerminating");
  });

  test("lists what is wrong with an object, field by field", () => {
    const client = new TestClient();
    const nameless = client.send(`POST ${paths.pods}`, podManifest(""));
    assert.equal(nameless.status, 422);
    const empty = client.send(`POST ${paths.pods}`, podManifest("web", { containers: [] }));
    assert.equal(empty.status, 422);
    assert.equal(textAt(empty.body, "details", "causes", 0, "field"), "spec.containers");
    assert.equal(listAt(empty.body, "details", "causes").length, 1);
  });
});
