import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatManagers, readManagers, trackUpdate } from "@beemesh/apply";
import {
  defaults,
  findResource,
  type KubeObject,
  type Resource,
  shapeOf,
  validate,
} from "@beemesh/model";
import {
  collectionOf,
  type Entry,
  formatStamp,
  isJsonObject,
  type JsonObject,
} from "@beemesh/wire";
import { accountAfter, contentOf } from "./edits.ts";
import { bodyLengthMax } from "./limits.ts";
import { readObject, specBodyOf } from "./object-reader.ts";
import type { Kinds, Reunion } from "./reunions.ts";
import { reunionsOf } from "./test-map.test.ts";

function known(group: string, name: string): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined);
  return resource;
}

const deployments = known("apps", "deployments");
const leases = known("coordination.k8s.io", "leases");

/** Judges as the model does; an object in deletion that nothing holds is gone. */
const kinds: Kinds = {
  complete: (resource, object) => {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) return undefined;
    return defaults(resource, object);
  },
  faults: (resource, object, before) =>
    validate(resource, object, before).map(({ field }) => field),
};
const reunions = reunionsOf(kinds);

function stampAt(second: number): Entry["stamp"] {
  return formatStamp({ wallMs: 1_800_000_000_000 + second * 1000, counter: 0, machine: "ann" });
}

interface Version {
  readonly object: KubeObject;
  readonly entry: Entry;
}

/** A version at a second, written by `manager` in the place of another one. */
function write(
  resource: Resource,
  object: KubeObject,
  second: number,
  { before, manager }: { before?: Version; manager?: string } = {},
): Version {
  const owned = manager === undefined ? object : ownedBy(resource, object, before, manager);
  const row = before && { base: before.object, spec: before.entry };
  const { name, namespace = "" } = object.metadata;
  const entry: Entry = {
    collection: collectionOf(resource.name, resource.group, namespace),
    name,
    part: "spec",
    stamp: stampAt(second),
    author: "ann",
    body: specBodyOf(owned, row && accountAfter(resource, row, owned)),
    signature: "",
  };
  const read = readObject(entry, { namespace });
  assert(read !== undefined);
  return { object: read, entry };
}

function ownedBy(
  resource: Resource,
  object: KubeObject,
  before: Version | undefined,
  manager: string,
): KubeObject {
  const read = readManagers(before?.object.metadata.managedFields);
  const tracked = trackUpdate(
    {
      shape: shapeOf(resource),
      before: before && contentOf(before.object),
      managers: read.ok ? read.managers : [],
      writer: {
        manager,
        apiVersion: object.apiVersion,
        subresource: "",
        time: "2026-01-01T00:00:00Z",
      },
      concerns: () => true,
    },
    contentOf(object),
  );
  const managedFields = formatManagers(tracked);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

const web: KubeObject = defaults(deployments, {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", uid: "u1", generation: 1 },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "one" }] },
    },
  },
});

function specWith(object: KubeObject, change: JsonObject, generation: number): KubeObject {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  return {
    ...object,
    metadata: { ...object.metadata, generation },
    spec: { ...spec, ...change },
  };
}

function withMeta(object: KubeObject, change: Partial<KubeObject["metadata"]>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...change } };
}

function united(reunion: Reunion, entry: Entry): KubeObject {
  assert(reunion.kind === "united");
  const object = readObject({ ...entry, body: reunion.body }, { namespace: "default" });
  assert(object !== undefined);
  return object;
}

const first = write(deployments, web, 0, { manager: "ann" });

describe("two versions of an object", () => {
  const left = write(deployments, specWith(first.object, { replicas: 5 }, 2), 1, {
    before: first,
    manager: "bob",
  });
  const right = write(deployments, specWith(first.object, { paused: true }, 2), 2, {
    before: first,
    manager: "carl",
  });

  test("come together as one that is later than both, with the owners of both", () => {
    const both = united(reunions.unite(right.entry, left.entry), right.entry);
    assert(isJsonObject(both.spec));
    assert.deepEqual([both.spec["replicas"], both.spec["paused"]], [5, true]);
    assert.equal(both.metadata.generation, 3);
    const read = readManagers(both.metadata.managedFields);
    assert(read.ok);
    assert.deepEqual(read.managers.map(({ manager }) => manager).toSorted(), [
      "ann",
      "bob",
      "carl",
    ]);
    assert(!("edits" in both.metadata));
  });

  test("that have come together lack nothing, nor does what was made of one of them", () => {
    const reunion = reunions.unite(right.entry, left.entry);
    assert(reunion.kind === "united");
    const stamp = formatStamp({ wallMs: 1_800_000_002_000, counter: 1, machine: "bob" });
    const both = { ...right.entry, body: reunion.body, stamp };
    for (const each of [first, left, right]) {
      assert(!reunions.lacks(both, each.entry));
      assert.equal(reunions.unite(both, each.entry).kind, "covered");
    }
    assert(!reunions.lacks(left.entry, first.entry));
    assert(reunions.lacks(right.entry, left.entry));
    assert(!reunions.mayLack(first.entry) && reunions.mayLack(left.entry));
  });

  test("are left alone if they are of two objects, or of a kind that holds whole", () => {
    const other = write(deployments, withMeta(web, { uid: "u2" }), 3);
    assert.equal(reunions.unite(other.entry, left.entry).kind, "covered");
    const edited = write(deployments, specWith(other.object, { paused: true }, 2), 4, {
      before: other,
    });
    assert.equal(reunions.unite(edited.entry, left.entry).kind, "covered");
    const lease: KubeObject = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "leader", namespace: "default", uid: "u3" },
      spec: { holderIdentity: "ann" },
    };
    const held = write(leases, lease, 0);
    const [one, two] = [1, 2].map((second) =>
      write(leases, { ...lease, spec: { holderIdentity: String(second) } }, second, {
        before: held,
      }),
    );
    assert(one && two && !two.entry.body.includes('"edits"'));
    assert.equal(reunions.unite(two.entry, one.entry).kind, "covered");
  });

  test("of which one is deleted, or was written whole, stay as the newer one is", () => {
    const deletion = { ...right.entry, body: "" };
    assert.equal(reunions.unite(deletion, left.entry).kind, "covered");
    assert.equal(reunions.unite(right.entry, { ...left.entry, body: "" }).kind, "covered");
    const whole = { ...right.entry, body: specBodyOf(right.object) };
    assert.equal(reunions.unite(whole, left.entry).kind, "covered");
    const malformed = { ...left.entry, body: "{" };
    assert.equal(reunions.unite(right.entry, malformed).kind, "covered");
  });

  test("that are not valid together are none, and only the fields are told", () => {
    const config: KubeObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "pass", namespace: "default", uid: "u4" },
      type: "Opaque",
      data: { word: "c2VjcmV0" },
    };
    const secrets = known("", "secrets");
    const made = write(secrets, config, 0);
    const changed = write(secrets, { ...config, data: { word: "b3RoZXI=" } }, 1, { before: made });
    const fixed = write(secrets, { ...config, immutable: true }, 2, { before: made });
    const reunion = reunions.unite(fixed.entry, changed.entry);
    assert(reunion.kind === "invalid");
    assert.deepEqual(reunion.fields, ["data"]);
    assert.equal(reunion.object.metadata.uid, "u4");
  });

  test("that are too large together are none", () => {
    const maps = known("", "configmaps");
    const config: KubeObject = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "default", uid: "u5" },
      data: {},
    };
    const made = write(maps, config, 0);
    const half = "x".repeat(bodyLengthMax * 0.6);
    const [one, two] = ["a", "b"].map((key, index) =>
      write(maps, { ...config, data: { [key]: half } }, index + 1, { before: made }),
    );
    assert(one && two);
    const any = reunionsOf();
    assert.equal(any.unite(two.entry, one.entry).kind, "invalid");
  });
});

describe("a deletion that waits", () => {
  const finalizers = ["example.com/one"];
  const held = write(deployments, withMeta(web, { finalizers }), 0);
  const time = "2026-01-01T00:00:09Z";
  const marked = withMeta(held.object, { deletionTimestamp: time, deletionGracePeriodSeconds: 0 });

  test("is taken back by nobody, and the sooner of two holds", () => {
    const deleted = write(deployments, marked, 1, { before: held });
    const labelled = write(deployments, withMeta(held.object, { labels: { a: "1" } }), 2, {
      before: held,
    });
    const both = united(reunions.unite(labelled.entry, deleted.entry), labelled.entry);
    assert.deepEqual(both.metadata.labels, { a: "1" });
    assert.equal(both.metadata.deletionTimestamp, time);
    const sooner = withMeta(marked, { deletionTimestamp: "2026-01-01T00:00:08Z" });
    const again = write(deployments, sooner, 3, { before: held });
    const later = united(reunions.unite(again.entry, labelled.entry), again.entry);
    assert.equal(later.metadata.deletionTimestamp, "2026-01-01T00:00:08Z");
  });

  test("is done when one side has marked it and the other one has let it go", () => {
    const deleted = write(deployments, marked, 1, { before: held });
    const { finalizers: _, ...rest } = held.object.metadata;
    const freed = write(deployments, { ...held.object, metadata: rest }, 2, { before: held });
    const reunion = reunions.unite(freed.entry, deleted.entry);
    assert.deepEqual(reunion, { kind: "united", body: "" });
  });
});
