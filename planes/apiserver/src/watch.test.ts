import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { textAt } from "./field.ts";
import { TestClient, type TestWatch } from "./test-client.ts";
import { configMapManifest, paths } from "./test-object.ts";

const merge = { contentType: "application/merge-patch+json" };

function clientWithMap(): TestClient {
  const client = new TestClient({ changesMax: 50 });
  client.send(`POST ${paths.configMaps}`, configMapManifest("a"));
  return client;
}

function heard({ events }: TestWatch): readonly string[] {
  return events.map(({ type, object }) => `${type} ${textAt(object, "metadata", "name")}`.trim());
}

function relabel(client: TestClient, name: string, app: string | null): void {
  client.send(`PATCH ${paths.configMaps}/${name}`, { metadata: { labels: { app } } }, merge);
}

describe("Watch", () => {
  test("starts with what there is, then tells what happens", () => {
    const client = clientWithMap();
    const watch = client.watch(`${paths.configMaps}?watch=true`);
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    relabel(client, "a", "x");
    client.send(`DELETE ${paths.configMaps}/b`);
    assert.deepEqual(heard(watch), ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
    watch.stop();
    client.send(`DELETE ${paths.configMaps}/a`);
    assert.equal(watch.events.length, 4);
  });

  test("goes on after a revision, without gap or repetition", () => {
    const client = clientWithMap();
    const { revision } = client.store;
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    const watch = client.watch(`${paths.configMaps}?watch=true&resourceVersion=${revision}`);
    client.send(`POST ${paths.configMaps}`, configMapManifest("c"));
    assert.deepEqual(heard(watch), ["ADDED b", "ADDED c"]);
    const versions = watch.events.map(({ object }) =>
      textAt(object, "metadata", "resourceVersion"),
    );
    assert.deepEqual(versions, [String(BigInt(revision) + 1n), client.store.revision]);
  });

  test("of one name hears of that name alone, in its namespace or in all", () => {
    const client = clientWithMap();
    const named = (path: string): TestWatch =>
      client.watch(`${path}?watch=true&fieldSelector=metadata.name%3Da`);
    const here = named(paths.configMaps);
    const everywhere = named("/api/v1/configmaps");
    const other = client.watch(`${paths.configMaps}?watch=true&fieldSelector=metadata.name%3Db`);
    const not = client.watch(`${paths.configMaps}?watch=true&fieldSelector=metadata.name%21%3Da`);
    client.send("POST /api/v1/namespaces", { metadata: { name: "elsewhere" } });
    client.send("POST /api/v1/namespaces/elsewhere/configmaps", configMapManifest("a"));
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    relabel(client, "a", "x");
    assert.deepEqual(heard(here), ["ADDED a", "MODIFIED a"]);
    assert.deepEqual(heard(everywhere), ["ADDED a", "ADDED a", "MODIFIED a"]);
    assert.deepEqual(heard(other), ["ADDED b"]);
    assert.deepEqual(heard(not), ["ADDED b"]);
    here.stop();
    client.send(`DELETE ${paths.configMaps}/a`);
    assert.deepEqual(heard(here), ["ADDED a", "MODIFIED a"]);
    assert.equal(heard(everywhere).at(-1), "DELETED a");
  });

  test("tells of objects that come into its selector and leave it", () => {
    const client = clientWithMap();
    const watch = client.watch(`${paths.configMaps}?watch=true&labelSelector=app%3Dx`);
    relabel(client, "a", "x");
    relabel(client, "a", "y");
    relabel(client, "a", "z");
    relabel(client, "a", "x");
    client.send(`DELETE ${paths.configMaps}/a`);
    assert.deepEqual(heard(watch), ["ADDED a", "DELETED a", "ADDED a", "DELETED a"]);
    const [, left] = watch.events;
    assert.equal(textAt(left?.object, "metadata", "labels", "app"), "x");
    const versions = watch.events.map(({ object }) =>
      Number(textAt(object, "metadata", "resourceVersion")),
    );
    assert.deepEqual(
      versions,
      versions.toSorted((a, b) => a - b),
    );
  });

  test("tells that a name has passed to another object", () => {
    const client = clientWithMap();
    const watch = client.watch(`${paths.configMaps}?watch=true`);
    const resource = findResource("", "configmaps");
    assert(resource);
    const metadata = { name: "a", namespace: "default", uid: "another" };
    client.store.putSpec(resource, { apiVersion: "v1", kind: "ConfigMap", metadata });
    assert.deepEqual(heard(watch), ["ADDED a", "DELETED a", "ADDED a"]);
  });

  test("says 410 to a revision that is foreign or forgotten, and ends", () => {
    const client = clientWithMap();
    for (const revision of ["1", "99999999"]) {
      const watch = client.watch(`${paths.configMaps}?watch=true&resourceVersion=${revision}`);
      assert.equal(watch.events[0]?.type, "ERROR");
      assert.equal(textAt(watch.events[0]?.object, "reason"), "Expired");
      assert(watch.isEnded);
    }
  });

  test("marks the end of what there was for a watch-list, and never says 410 to it", () => {
    const client = clientWithMap();
    const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    for (const revision of ["", "&resourceVersion=0", "&resourceVersion=99999999"]) {
      const watch = client.watch(
        `${paths.configMaps}?${query}&allowWatchBookmarks=true${revision}`,
      );
      assert.deepEqual(heard(watch), ["ADDED a", "BOOKMARK"]);
      const { object } = watch.events[1] ?? {};
      const mark = textAt(object, "metadata", "annotations", "k8s.io/initial-events-end");
      assert.equal(mark, "true");
      assert.equal(textAt(object, "metadata", "resourceVersion"), client.store.revision);
    }
  });

  test("gets a bookmark each minute and at its end, if it wants them", () => {
    const client = clientWithMap();
    const query = "watch=true&resourceVersion=0&timeoutSeconds=90";
    const watch = client.watch(`${paths.configMaps}?${query}&allowWatchBookmarks=true`);
    const plain = client.watch(`${paths.configMaps}?${query}`);
    client.pass(59_000);
    assert.deepEqual(heard(watch), ["ADDED a"]);
    client.pass(1000);
    assert.deepEqual(heard(watch), ["ADDED a", "BOOKMARK"]);
    client.pass(30_000);
    assert.deepEqual(heard(watch), ["ADDED a", "BOOKMARK", "BOOKMARK"]);
    assert(watch.isEnded && plain.isEnded);
    assert.deepEqual(heard(plain), ["ADDED a"]);
  });

  test("ends when its client cannot keep up", () => {
    const client = clientWithMap();
    const watch = client.watch(`${paths.configMaps}?watch=true`, {}, false);
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    assert.deepEqual(heard(watch), ["ADDED a"]);
    assert(watch.isEnded);
  });
});
