import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Instant, instantAt, seededRandom } from "@beemesh/base";
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import type { Entry } from "@beemesh/wire";
import type { RegistryEffect, RegistryMessage } from "./index.ts";
import { signerOf, startMs, trustingVerifier } from "./lossy-network.test.ts";
import { Objects, revisionNote } from "./objects.ts";
import { Registry } from "./registry.ts";

function known(group: string, name: string): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined);
  return resource;
}

const pods = known("", "pods");
const nodes = known("", "nodes");
const deployments = known("apps", "deployments");

function registryOf(self: string, replicas = 5): Registry {
  const options = { verifier: trustingVerifier, random: seededRandom(1), replicas };
  return new Registry({ self, signer: signerOf(self), ...options });
}

function at(ms: number): { at: Instant; wallMs: number } {
  return { at: after(instantAt(0), ms), wallMs: startMs + ms };
}

function storeOf(self = "ann", ceiling?: string): Objects {
  return new Objects({ self, registry: registryOf(self), now: at(0), ceiling });
}

function pod(name: string, uid: string, nodeName?: string): KubeObject {
  const metadata = { name, namespace: "default", uid };
  const spec = nodeName === undefined ? {} : { nodeName };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

function entriesOf(effects: readonly RegistryEffect[]): readonly Entry[] {
  return effects.flatMap((effect) => (effect.kind === "persist" ? effect.entries : []));
}

function give(entries: readonly Entry[]): {
  kind: "message";
  from: string;
  message: RegistryMessage;
} {
  return { kind: "message", from: "bob", message: { k: "r.give", e: entries } };
}

function listen(store: Objects): string[] {
  const heard: string[] = [];
  store.onChange(({ kind, object }) => {
    heard.push(`${kind} ${object.metadata.name} ${object.metadata.uid ?? ""}`);
  });
  return heard;
}

describe("Objects", () => {
  test("gives each write's effects to the caller, disk first", () => {
    const store = storeOf();
    const { id } = store.putSpec(pods, pod("web", "u1"));
    const effects = store.takeEffects();
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ["note", "persist", "changed", "acknowledged", "wake"],
    );
    assert.deepEqual(effects[3], { kind: "acknowledged", ticket: id, holders: 1, of: 1 });
    assert.deepEqual(store.takeEffects(), []);
  });

  test("keeps neither status nor resourceVersion in a specification", () => {
    const store = storeOf();
    const object = { ...pod("web", "u1"), status: { phase: "Running" } };
    store.putSpec(pods, { ...object, metadata: { ...object.metadata, resourceVersion: "9" } });
    const [entry] = entriesOf(store.takeEffects());
    assert.deepEqual(JSON.parse(entry?.body ?? ""), pod("web", "u1"));
  });

  test("shows what came from elsewhere like what was written here", () => {
    const other = storeOf("bob");
    other.putSpec(pods, pod("web", "u1"));
    other.putStatus(pods, { ...pod("web", "u1"), status: { phase: "Running" } });
    const [spec, status] = entriesOf(other.takeEffects());
    assert(spec !== undefined && status !== undefined);
    for (const order of [
      [spec, status],
      [status, spec],
    ]) {
      const store = storeOf();
      for (const entry of order) store.step(give([entry]), at(1000));
      assert.deepEqual(store.get(pods, "default", "web")?.status, { phase: "Running" });
    }
  });

  test("tells a replaced uid as a deletion and an addition", () => {
    const store = storeOf();
    const heard = listen(store);
    store.putSpec(pods, pod("web", "u1"));
    store.putStatus(pods, { ...pod("web", "u1"), status: { phase: "Failed" } });
    store.putSpec(pods, pod("web", "u2"));
    assert.deepEqual(heard, ["added web u1", "modified web u1", "deleted web u1", "added web u2"]);
    assert.equal(store.get(pods, "default", "web")?.status, undefined);
  });

  test("tells changes in order also when a listener writes", () => {
    const store = storeOf();
    const heard: Change[] = [];
    store.onChange((change) => {
      if (change.kind === "added") store.putStatus(pods, { ...change.object, status: { seen: 1 } });
    });
    store.onChange((change) => heard.push(change));
    store.putSpec(pods, pod("web", "u1"));
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ["added", "modified"],
    );
    assert(BigInt(heard[0]?.revision ?? 0) < BigInt(heard[1]?.revision ?? 0));
    assert.equal(entriesOf(store.takeEffects()).length, 2);
  });

  test("does not go back to an older version that a listener overtook", () => {
    const other = storeOf("bob");
    other.putSpec(pods, pod("a", "u1"));
    other.putSpec(pods, pod("b", "u1"));
    const entries = entriesOf(other.takeEffects());
    const store = storeOf();
    store.onChange(({ object }) => {
      const isFirst = object.metadata.name === "a" && object.metadata.uid === "u1";
      if (isFirst) store.putSpec(pods, pod("b", "u2"));
    });
    store.step(give(entries), at(1000));
    assert.equal(store.get(pods, "default", "b")?.metadata.uid, "u2");
  });

  test("finds the pods of a machine, also after they moved or went", () => {
    const store = storeOf();
    const namesOn = (machine: string): string[] =>
      store.podsOn(machine).map(({ metadata }) => metadata.name);
    store.putSpec(pods, pod("a", "u1", "ann"));
    store.putSpec(pods, pod("b", "u2", "ann"));
    store.putSpec(pods, pod("c", "u3"));
    assert.deepEqual(namesOn("ann"), ["a", "b"]);
    store.putSpec(pods, pod("a", "u1", "bob"));
    store.remove(pods, "default", "b");
    assert.deepEqual(namesOn("ann"), []);
    assert.deepEqual(namesOn("bob"), ["a"]);
    store.putStatus(pods, { ...pod("a", "u1"), status: { phase: "Running" } });
    assert.deepEqual(store.podsOn("bob")[0]?.status, { phase: "Running" });
  });

  test("hides what is no object of its key, and says so", () => {
    const store = storeOf();
    const write = (collection: string, name: string, body: string): void =>
      store.step({ kind: "write", collection, name, part: "spec", body }, at(0));
    write("pods/default", "web", "not json");
    write("pods/default", "web", JSON.stringify(pod("other", "u1")));
    write("pods/other", "web", JSON.stringify(pod("web", "u1")));
    write("pods/default", "web", '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}');
    assert.deepEqual(store.list(pods).items, []);
    const observed = store.takeEffects().filter(({ kind }) => kind === "observe");
    assert.equal(observed.length, 4);
    store.putSpec(pods, pod("web", "u1"));
    write("pods/default", "web", "not json");
    assert.equal(store.get(pods, "default", "web"), undefined, "nor shows what it replaced");
    write("widgets.example/default", "web", JSON.stringify(pod("web", "u1")));
    write("pods/-", "web", JSON.stringify(pod("web", "u1")));
    assert.deepEqual(store.list(pods).items, []);
  });

  test("refuses an object that no message can carry", () => {
    const store = storeOf();
    const huge = { ...pod("web", "u1"), spec: { text: "x".repeat(2_000_000) } };
    assert.throws(() => store.putSpec(pods, huge), { code: "object-too-large" });
    assert.deepEqual(
      store.takeEffects().filter(({ kind }) => kind === "persist"),
      [],
    );
  });

  test("never gives out a revision twice, also after a restart with the clock behind", () => {
    const store = storeOf();
    store.putSpec(pods, pod("web", "u1"));
    const note = store.takeEffects().find((effect) => effect.kind === "note");
    assert(note !== undefined && note.name === revisionNote);
    assert(BigInt(note.value) >= BigInt(store.revision));
    for (let ms = 0; ms < 20_000; ms += 1000) {
      store.advance(at(ms));
      store.putSpec(pods, pod("web", "u1"));
      assert(
        store.takeEffects().every(({ kind }) => kind !== "note"),
        "the ceiling stands",
      );
    }
    const registry = registryOf("ann");
    const early = { at: instantAt(0), wallMs: 0 };
    const again = new Objects({ self: "ann", registry, now: early, ceiling: note.value });
    assert(BigInt(again.revision) > BigInt(store.revision));
  });

  test("knows its objects again after a restart, and no older position", () => {
    const store = storeOf();
    store.putSpec(pods, pod("web", "u1"));
    store.putStatus(pods, { ...pod("web", "u1"), status: { phase: "Running" } });
    store.putSpec(deployments, { ...pod("web", "u2"), kind: "Deployment", apiVersion: "apps/v1" });
    store.putSpec(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "u3" } });
    const { revision } = store;
    const effects = store.takeEffects();
    const note = effects.find((effect) => effect.kind === "note");
    const again = storeOf("ann", note?.value);
    again.step({ kind: "load", entries: entriesOf(effects) }, at(5));
    assert.deepEqual(again.get(pods, "default", "web")?.status, { phase: "Running" });
    assert.equal(again.list(deployments).items.length, 1);
    assert.equal(again.list(nodes).items[0]?.metadata.uid, "u3");
    assert.equal(again.changesSince(revision, pods), undefined);
    assert.deepEqual(again.changesSince(again.revision, pods), []);
  });

  test("refuses positions of other machines and of the future", () => {
    const [ann, bob] = [storeOf("ann"), storeOf("bob")];
    bob.putSpec(pods, pod("web", "u1"));
    ann.advance(at(60_000));
    ann.putSpec(pods, pod("web", "u1"));
    assert.equal(ann.changesSince(bob.revision, pods), undefined);
    for (const text of ["0", "-1", "x", "01", "99999999999999999999"]) {
      assert.equal(ann.changesSince(text, pods), undefined);
    }
  });

  test("forgets what others keep without telling a deletion, and ends positions in that", () => {
    const registry = registryOf("ann", 1);
    const store = new Objects({ self: "ann", registry, now: at(0) });
    const all = Array.from({ length: 20 }, (_, index) => `machine-${index}`);
    store.step({ kind: "members", alive: all.map((id) => ({ id })) }, at(0));
    const keeper = registry.keepersOf("pods/default")[0] ?? "";
    assert.notEqual(keeper, "ann");
    const heard = listen(store);
    store.putSpec(pods, pod("web", "u1"));
    const { revision } = store;
    const put = store
      .takeEffects()
      .flatMap((effect) => (effect.kind === "send" ? [effect.message] : []))
      .find((message) => message.k === "r.put");
    assert(put !== undefined && put.k === "r.put");
    const id = idOf(put.e);
    store.step({ kind: "message", from: keeper, message: { k: "r.ack", i: [id] } }, at(10));
    assert.equal(store.get(pods, "default", "web"), undefined);
    assert.deepEqual(heard, ["added web u1"]);
    assert.equal(store.changesSince(revision, pods), undefined);
    assert.deepEqual(store.changesSince(revision, nodes), [], "nothing of these is forgotten");
    assert.deepEqual(store.changesSince(store.revision, pods), []);
  });

  test("works for ten thousand pods without a cost that grows with their square", () => {
    const store = storeOf();
    for (let index = 0; index < 10_000; index += 1) {
      store.putSpec(pods, pod(`web-${index}`, `u${index}`, `machine-${index % 100}`));
    }
    const { items, revision } = store.list(pods, "default");
    assert.equal(items.length, 10_000);
    const names = items.map(({ metadata }) => metadata.name);
    assert.deepEqual(names, names.toSorted());
    store.putStatus(pods, { ...pod("web-77", "u77"), status: {} });
    assert.equal(store.changesSince(revision, pods)?.length, 1);
    assert.equal(store.podsOn("machine-7").length, 100);
  });
});

/** The id under which a peer acknowledges the one entry of a message. */
function idOf(entries: readonly Entry[]): number {
  const keeper = registryOf("zoe");
  const effects = keeper.step(
    { kind: "message", from: "ann", message: { k: "r.put", e: entries } },
    at(5),
  );
  for (const effect of effects) {
    if (effect.kind === "send" && effect.message.k === "r.ack") return effect.message.i[0] ?? 0;
  }
  return 0;
}

describe("custom resources", () => {
  const definitions = known("apiextensions.k8s.io", "customresourcedefinitions");
  const definition: KubeObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com", uid: "d1" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [{ name: "v1", served: true, storage: true }],
    },
  };

  function widget(name: string): KubeObject {
    const metadata = { name, namespace: "default", uid: name };
    return { apiVersion: "example.com/v1", kind: "Widget", metadata };
  }

  /** What another machine has written that knows the definition. */
  function writtenElsewhere(...names: readonly string[]): {
    readonly ofDefinition: readonly Entry[];
    readonly ofWidgets: readonly Entry[];
  } {
    const store = storeOf("bob");
    store.putSpec(definitions, definition);
    const ofDefinition = entriesOf(store.takeEffects());
    const widgets = store.resources.find("example.com", "widgets");
    assert(widgets);
    for (const name of names) {
      store.putSpec(widgets, widget(name));
      store.putStatus(widgets, { ...widget(name), status: { ready: true } });
    }
    return { ofDefinition, ofWidgets: entriesOf(store.takeEffects()) };
  }

  test("are kept while their definition is not here, and shown when it comes", () => {
    const { ofDefinition, ofWidgets } = writtenElsewhere("a", "b");
    const store = storeOf();
    const heard = listen(store);
    store.step(give(ofWidgets), at(10));
    assert.deepEqual(heard, []);
    assert(store.resources.isLacking);
    assert.equal(store.resources.find("example.com", "widgets"), undefined);
    store.step(give(ofDefinition), at(20));
    const widgets = store.resources.find("example.com", "widgets");
    assert(widgets);
    assert.deepEqual(heard, ["added widgets.example.com d1", "added a a", "added b b"]);
    const items = store.list(widgets, "default").items;
    assert.deepEqual(
      items.map(({ metadata, status }) => [metadata.name, status]),
      [
        ["a", { ready: true }],
        ["b", { ready: true }],
      ],
    );
    assert(!store.resources.isLacking);
    const { revision } = store;
    store.putSpec(widgets, widget("c"));
    assert.equal(store.changesSince(revision, widgets)?.length, 1);
  });

  test("stay the same objects when the definition gets another version", () => {
    const store = storeOf();
    store.putSpec(definitions, definition);
    const first = store.resources.find("example.com", "widgets");
    assert(first);
    store.putSpec(first, widget("a"));
    const versions = [
      { name: "v1", served: true, storage: false },
      { name: "v2", served: true, storage: true },
    ];
    const spec = { ...Object(definition.spec), versions };
    store.putSpec(definitions, { ...definition, spec });
    const second = store.resources.find("example.com", "widgets");
    assert.equal(second?.version, "v2");
    for (const resource of [first, second]) {
      assert.equal(store.get(resource, "default", "a")?.metadata.uid, "a");
      assert.equal(store.list(resource).items.length, 1);
    }
  });

  test("are no objects without their definition, and not lost with it", () => {
    const store = storeOf();
    store.putSpec(definitions, definition);
    const widgets = store.resources.find("example.com", "widgets");
    assert(widgets);
    store.putSpec(widgets, widget("a"));
    store.remove(definitions, "", "widgets.example.com");
    assert.equal(store.resources.find("example.com", "widgets"), undefined);
    assert.equal(store.get(widgets, "default", "a"), undefined);
    store.putSpec(definitions, { ...definition, metadata: { ...definition.metadata, uid: "d2" } });
    assert.equal(store.get(widgets, "default", "a")?.metadata.uid, "a");
  });

  test("what is presumed to be there is older than what anybody has written of it", () => {
    const ann = storeOf("ann");
    const bob = storeOf("bob");
    ann.advance(at(10));
    ann.putSpec(nodes, nodeWith({ a: "1" }));
    bob.advance(at(1000));
    bob.putSpec(nodes, nodeWith({}), { isPresumed: true });
    const [said, presumed] = [ann, bob].map((store) => entriesOf(store.takeEffects()));
    assert(said?.length === 1 && presumed?.length === 1);
    ann.step(give(presumed), at(2000));
    bob.step({ ...give(said), from: "ann" }, at(2000));
    for (const store of [ann, bob]) {
      assert.deepEqual(store.get(nodes, "", "one")?.metadata.labels, { a: "1" });
    }
    // Where it was deleted it is there again: whoever presumes it has looked.
    bob.remove(nodes, "", "one");
    bob.putSpec(nodes, nodeWith({}), { isPresumed: true });
    assert.deepEqual(bob.get(nodes, "", "one")?.metadata.labels, {});
  });
});

function nodeWith(labels: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name: "one", uid: "u1", labels } };
}
