/**
 * What every ObjectStore must do, whatever is behind it. Call it from a test file with a way to
 * make an empty store.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, type KubeObject, type Resource } from "../../core/model/src/index.ts";
import type { Change, ObjectStore } from "../../core/ports/src/index.ts";

const pods = known("", "pods");
const configMaps = known("", "configmaps");
const nodes = known("", "nodes");

function known(group: string, name: string): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined);
  return resource;
}

function pod(name: string, namespace = "default", uid = `uid-${name}`): KubeObject {
  const metadata = { name, namespace, uid, labels: { app: name } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] } };
}

function configMap(name: string, namespace = "default"): KubeObject {
  const metadata = { name, namespace, uid: `uid-${namespace}-${name}` };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { key: name } };
}

function namesOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(({ metadata }) => `${metadata.namespace ?? "-"}/${metadata.name}`);
}

function kindsOf(changes: readonly Change[] | undefined): readonly string[] | undefined {
  return changes?.map(({ kind, object }) => `${kind} ${object.metadata.name}`);
}

/** Checks a kind of store. `make` gives an empty one each time. */
export function conformsToObjectStore(name: string, make: () => ObjectStore): void {
  describe(`${name} as an ObjectStore`, () => {
    readsItsWrites(make);
    keepsTwoParts(make);
    lists(make);
    logs(make);
    tells(make);
  });
}

function readsItsWrites(make: () => ObjectStore): void {
  test("gives back what was written, at the newest revision", () => {
    const store = make();
    assert.equal(store.get(pods, "default", "web"), undefined);
    const before = BigInt(store.revision);
    const ticket = store.putSpec(pods, pod("web"));
    const found = store.get(pods, "default", "web");
    assert.deepEqual(found?.spec, { containers: [] });
    assert.equal(found?.metadata.resourceVersion, store.revision);
    assert.deepEqual(ticket.object, found);
    assert(BigInt(store.revision) > before);
  });

  test("hands out revisions that are decimal, rising and below 2^63", () => {
    const store = make();
    let last = BigInt(store.revision);
    for (let index = 0; index < 20; index += 1) {
      store.putSpec(pods, pod(`web-${index % 3}`));
      assert.match(store.revision, /^[1-9]\d*$/u);
      assert(BigInt(store.revision) > last && BigInt(store.revision) < 2n ** 63n);
      last = BigInt(store.revision);
    }
  });

  test("sets resourceVersion itself, whatever the writer says", () => {
    const store = make();
    const object = pod("web");
    store.putSpec(pods, { ...object, metadata: { ...object.metadata, resourceVersion: "7" } });
    assert.equal(store.get(pods, "default", "web")?.metadata.resourceVersion, store.revision);
  });

  test("keeps resources, namespaces and names apart", () => {
    const store = make();
    store.putSpec(pods, pod("web"));
    assert.equal(store.get(configMaps, "default", "web"), undefined);
    assert.equal(store.get(pods, "other", "web"), undefined);
    assert.equal(store.get(pods, "default", "we"), undefined);
  });

  test("keeps what has no namespace under an empty one", () => {
    const store = make();
    const metadata = { name: "ann", uid: "uid-ann" };
    store.putSpec(nodes, { apiVersion: "v1", kind: "Node", metadata });
    assert.equal(store.get(nodes, "", "ann")?.metadata.uid, "uid-ann");
    assert.deepEqual(namesOf(store.list(nodes).items), ["-/ann"]);
  });

  test("removes for good, once", () => {
    const store = make();
    store.putSpec(pods, pod("web"));
    const last = BigInt(store.revision);
    assert.equal(store.remove(pods, "default", "web")?.object.metadata.uid, "uid-web");
    assert(BigInt(store.revision) > last);
    assert.equal(store.get(pods, "default", "web"), undefined);
    assert.equal(store.remove(pods, "default", "web"), undefined);
  });
}

function keepsTwoParts(make: () => ObjectStore): void {
  test("takes no status with a specification and no specification with a status", () => {
    const store = make();
    store.putSpec(pods, { ...pod("web"), status: { phase: "Running" } });
    assert.equal(store.get(pods, "default", "web")?.status, undefined);
    store.putStatus(pods, { ...pod("web"), spec: { other: true }, status: { phase: "Failed" } });
    const found = store.get(pods, "default", "web");
    assert.deepEqual(found?.status, { phase: "Failed" });
    assert.deepEqual(found?.spec, { containers: [] });
    assert.equal(found?.metadata.resourceVersion, store.revision);
  });

  test("keeps the status when the specification changes", () => {
    const store = make();
    store.putSpec(pods, pod("web"));
    store.putStatus(pods, { ...pod("web"), status: { phase: "Running" } });
    store.putSpec(pods, { ...pod("web"), spec: { containers: [], nodeName: "ann" } });
    const found = store.get(pods, "default", "web");
    assert.deepEqual(found?.status, { phase: "Running" });
    assert.deepEqual(found?.spec, { containers: [], nodeName: "ann" });
  });

  test("gives a status to the object with its uid only", () => {
    const store = make();
    store.putSpec(pods, pod("web", "default", "first"));
    store.putStatus(pods, { ...pod("web", "default", "first"), status: { phase: "Running" } });
    store.remove(pods, "default", "web");
    store.putSpec(pods, pod("web", "default", "second"));
    assert.equal(store.get(pods, "default", "web")?.status, undefined);
    store.putStatus(pods, { ...pod("web", "default", "first"), status: { phase: "Failed" } });
    assert.equal(store.get(pods, "default", "web")?.status, undefined);
  });
}

function lists(make: () => ObjectStore): void {
  test("lists by namespace, then name, at one revision", () => {
    const store = make();
    for (const [name, namespace] of [
      ["b", "a"],
      ["a", "b"],
      ["a", "a-b"],
      ["a", "a"],
    ] as const) {
      store.putSpec(configMaps, configMap(name, namespace));
    }
    const all = store.list(configMaps);
    assert.deepEqual(namesOf(all.items), ["a/a", "a/b", "a-b/a", "b/a"]);
    assert.equal(all.revision, store.revision);
    assert.deepEqual(namesOf(store.list(configMaps, "a").items), ["a/a", "a/b"]);
    assert.deepEqual(store.list(configMaps, "none").items, []);
    assert.deepEqual(store.list(pods).items, []);
  });

  test("gives each listed object the revision of its last write", () => {
    const store = make();
    store.putSpec(configMaps, configMap("a"));
    const first = store.revision;
    store.putSpec(configMaps, configMap("b"));
    const versions = store.list(configMaps).items.map((item) => item.metadata.resourceVersion);
    assert.deepEqual(versions, [first, store.revision]);
  });
}

function logs(make: () => ObjectStore): void {
  test("tells the changes after a revision, oldest first, of one resource and namespace", () => {
    const store = make();
    const start = store.revision;
    store.putSpec(pods, pod("a"));
    const middle = store.revision;
    store.putSpec(pods, pod("b", "other"));
    store.putSpec(configMaps, configMap("c"));
    store.putSpec(pods, pod("a"));
    store.remove(pods, "default", "a");
    const all = ["added a", "added b", "modified a", "deleted a"];
    assert.deepEqual(kindsOf(store.changesSince(start, pods)), all);
    assert.deepEqual(kindsOf(store.changesSince(middle, pods)), all.slice(1));
    assert.deepEqual(kindsOf(store.changesSince(start, pods, "other")), ["added b"]);
    assert.deepEqual(store.changesSince(store.revision, pods), []);
  });

  test("knows no revision that it has not handed out yet, nor one of long ago", () => {
    const store = make();
    store.putSpec(pods, pod("a"));
    assert.equal(store.changesSince(String(BigInt(store.revision) + 1_000_000n), pods), undefined);
    assert.equal(store.changesSince("1", pods), undefined);
  });
}

function tells(make: () => ObjectStore): void {
  test("tells each change once, at once, with what was before", () => {
    const store = make();
    const heard: Change[] = [];
    const stop = store.onChange((change) => heard.push(change));
    store.putSpec(pods, pod("web"));
    store.putStatus(pods, { ...pod("web"), status: { phase: "Running" } });
    store.remove(pods, "default", "web");
    stop();
    store.putSpec(pods, pod("later"));
    assert.deepEqual(kindsOf(heard), ["added web", "modified web", "deleted web"]);
    const [added, modified, deleted] = heard;
    assert.equal(added?.before, undefined);
    assert.deepEqual(modified?.before, added?.object);
    assert.deepEqual(modified?.object.status, { phase: "Running" });
    assert.deepEqual(deleted?.before, modified?.object);
    assert.deepEqual(deleted?.object.status, { phase: "Running" });
    assert(heard.every(({ resource }) => resource.name === "pods"));
    assert(heard.every(({ object, revision }) => object.metadata.resourceVersion === revision));
  });

  test("has applied a change when it tells of it", () => {
    const store = make();
    let seen: unknown;
    store.onChange(({ revision }) => {
      seen = [store.get(pods, "default", "web")?.metadata.name, store.revision === revision];
    });
    store.putSpec(pods, pod("web"));
    assert.deepEqual(seen, ["web", true]);
  });
}
