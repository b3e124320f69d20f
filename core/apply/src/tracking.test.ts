import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { extentOf } from "./extent.ts";
import { pathText } from "./field-path.ts";
import { difference, equalSets, intersection, isEmpty, pathsOf, setOf } from "./field-set.ts";
import { formatManagers, type Manager } from "./manager.ts";
import { thing, thingConfig } from "./thing.test.ts";
import { applyConfiguration, trackUpdate, type Write } from "./tracking.ts";

interface Live {
  readonly object: JsonObject | undefined;
  readonly managers: readonly Manager[];
}

const nothing: Live = { object: undefined, managers: [] };

function writeOf(live: Live, manager: string, subresource = ""): Write {
  return {
    shape: thing,
    before: live.object,
    managers: live.managers,
    writer: { manager, apiVersion: "v1", subresource, time: "2026-01-01T00:00:00Z" },
    concerns: (member) => (member === "status") === (subresource === "status"),
  };
}

function apply(live: Live, manager: string, config: JsonObject, isForced = true): Live {
  const result = applyConfiguration(writeOf(live, manager), { config, isForced });
  assert(result.ok, "an application that is forced succeeds");
  return result;
}

function update(live: Live, manager: string, object: JsonObject): Live {
  return { object, managers: trackUpdate(writeOf(live, manager), object) };
}

function conflictsOf(live: Live, manager: string, config: JsonObject): readonly string[] {
  const result = applyConfiguration(writeOf(live, manager), { config, isForced: false });
  return result.ok ? [] : result.conflicts.map(({ owner, path }) => owner.manager + pathText(path));
}

function ownedBy({ managers }: Live, manager: string): readonly string[] {
  const own = managers.filter((each) => each.manager === manager);
  return own.flatMap(({ fields }) => pathsOf(fields).map(pathText));
}

function thingOf(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "one", ...metadata }, spec };
}

function specOf({ object }: Live): Json | undefined {
  return object?.["spec"];
}

describe("applying", () => {
  test("merges, and makes the applier the owner of what it applies", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1, items: [{ name: "p", image: "x" }] }));
    const both = apply(
      ann,
      "bob",
      thingOf({ items: [{ name: "q", image: "y" }] }, { labels: { a: "1" } }),
    );
    assert.deepEqual(specOf(both), {
      size: 1,
      items: [
        { name: "p", image: "x" },
        { name: "q", image: "y" },
      ],
    });
    assert.deepEqual(ownedBy(both, "ann"), [
      '.spec.items[name="p"]',
      '.spec.items[name="p"].image',
      '.spec.items[name="p"].name',
      ".spec.size",
    ]);
    assert(ownedBy(both, "bob").includes(".metadata.labels.a"));
  });

  test("takes away what its manager applied before and nobody else owns", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1, tags: ["red", "blue"] }));
    const both = apply(ann, "bob", thingOf({ tags: ["red"] }));
    const less = apply(both, "ann", thingOf({ size: 1 }));
    assert.deepEqual(specOf(less), { size: 1, tags: ["red"] });
    assert.deepEqual(ownedBy(less, "ann"), [".spec.size"]);
  });

  test("takes a struct away with what was filled in beside it by default", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1, probe: { path: "/" } }));
    const whole = thingOf({ size: 1, probe: { path: "/", period: 10 } });
    const less = apply({ ...ann, object: whole }, "ann", thingOf({ size: 1 }));
    assert.deepEqual(specOf(less), { size: 1 });
  });

  test("leaves what others have put beside its own in a map", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1 }, { labels: { a: "1" } }));
    const labelled = thingOf({ size: 1 }, { labels: { a: "1", made: "here" } });
    const less = apply({ ...ann, object: labelled }, "ann", thingOf({ size: 1 }));
    assert.deepEqual(less.object?.["metadata"], { name: "one", labels: { made: "here" } });
  });

  test("is a conflict where another owns another value, unless it is forced", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1, selector: { a: "1" } }));
    const wanted = thingOf({ size: 2, selector: { b: "1" } });
    assert.deepEqual(conflictsOf(ann, "bob", wanted), ["ann.spec.selector", "ann.spec.size"]);
    const taken = apply(ann, "bob", wanted);
    assert.deepEqual(specOf(taken), { size: 2, selector: { b: "1" } });
    assert.deepEqual(ownedBy(taken, "ann"), []);
  });

  test("of the same value is to own it together", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1 }));
    const both = apply(ann, "bob", thingOf({ size: 1 }), false);
    assert(ownedBy(both, "ann").includes(".spec.size"));
    assert(ownedBy(both, "bob").includes(".spec.size"));
    const left = apply(both, "ann", thingOf({}));
    assert.deepEqual(specOf(left), { size: 1 });
  });

  test("keeps applied items in their order, and others behind what stood before them", () => {
    const live = thingOf({ tags: ["a", "b", "c", "d"] });
    const bob = apply({ object: live, managers: [] }, "bob", thingOf({ tags: ["d", "b", "e"] }));
    assert.deepEqual(specOf(bob), { tags: ["a", "d", "b", "c", "e"] });
  });

  test("tells items apart by keys that are left out and have a default", () => {
    const ann = apply(nothing, "ann", thingOf({ items: [{ name: "p", ports: [{ port: 80 }] }] }));
    const ports = [
      { port: 80, protocol: "TCP", host: "x" },
      { port: 80, protocol: "UDP" },
    ];
    const bob = apply(ann, "bob", thingOf({ items: [{ name: "p", ports }] }), false);
    assert.deepEqual(specOf(bob), { items: [{ name: "p", ports }] });
  });

  test("finds an object of no account owned by whoever was before", () => {
    const live: Live = { object: thingOf({ size: 1 }), managers: [] };
    assert.deepEqual(conflictsOf(live, "bob", thingOf({ size: 2 })), [
      "before-first-apply.spec.size",
    ]);
    const shared = apply(live, "bob", thingOf({ size: 1 }), false);
    assert.deepEqual(ownedBy(shared, "before-first-apply"), [".spec.size"]);
  });

  test("again changes nothing, not even a time", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (a, b) => {
        const once = apply(apply(nothing, "bob", a), "ann", b);
        const again = { ...writeOf(once, "ann") };
        const later = { ...again, writer: { ...again.writer, time: "2027-01-01T00:00:00Z" } };
        const twice = applyConfiguration(later, { config: b, isForced: false });
        assert(twice.ok);
        assert.equal(canonicalJson(twice.object), canonicalJson(once.object));
        assert.deepEqual(formatManagers(twice.managers), formatManagers(once.managers));
      }),
    );
  });

  test("what nobody else owns is never a conflict", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (a, b) => {
        const ann = apply(nothing, "ann", a);
        const [first] = ann.managers;
        const owned = first === undefined ? setOf([]) : first.fields;
        const wanted = extentOf(thing, b);
        const isDisjoint = isEmpty(intersection(owned, wanted));
        const conflicts = conflictsOf(ann, "bob", b);
        assert(!isDisjoint || conflicts.length === 0, conflicts.join());
        assert.equal(conflictsOf(ann, "ann", b).length, 0);
      }),
    );
  });

  test("gives every field that is applied its value, and its manager as an owner", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (a, b) => {
        const both = apply(apply(nothing, "ann", a), "bob", b);
        const held = both.managers.find(({ manager }) => manager === "bob")?.fields;
        const named = setOf([["f:apiVersion"], ["f:kind"], ["f:metadata", "f:name"]]);
        const wanted = difference(extentOf(thing, b), named);
        assert(equalSets(held ?? setOf([]), wanted));
        // Whoever applies the same after him finds it all in place.
        assert.equal(conflictsOf(both, "carl", b).length, 0);
      }),
    );
  });

  test("nothing takes away again all that was applied, and that alone", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (a, b) => {
        const ann = apply(nothing, "ann", a);
        if (conflictsOf(ann, "bob", b).length > 0) return;
        const both = apply(ann, "bob", b, false);
        const bare = { apiVersion: "v1", kind: "Thing", metadata: { name: "one" } };
        const left = apply(both, "bob", bare, false);
        assert.equal(ownedBy(left, "bob").length, 0);
        assert.deepEqual(ownedBy(left, "ann"), ownedBy(ann, "ann"));
        assert(left.object !== undefined && ann.object !== undefined);
        const [kept, was] = [left.object, ann.object].map((each) => extentOf(thing, each));
        const owned = ann.managers.map(({ fields }) => fields).at(0) ?? setOf([]);
        assert(kept && was && isEmpty(difference(intersection(was, owned), kept)));
      }),
    );
  });
});

describe("writing otherwise", () => {
  test("makes the writer the owner of what it changes, and of that alone", () => {
    const ann = apply(nothing, "ann", thingOf({ size: 1, tags: ["red"] }));
    const scaled = update(ann, "scaler", thingOf({ size: 2, tags: ["red"] }));
    assert.deepEqual(ownedBy(scaled, "scaler"), [".spec.size"]);
    assert.deepEqual(ownedBy(scaled, "ann"), ['.spec.tags[="red"]']);
    const back = update(scaled, "scaler", thingOf({ tags: ["red"] }));
    assert.deepEqual(ownedBy(back, "scaler"), []);
  });

  test("keeps no account of an object that has none", () => {
    const live: Live = { object: thingOf({ size: 1 }), managers: [] };
    assert.deepEqual(update(live, "ann", thingOf({ size: 2 })).managers, []);
  });

  test("through a subresource is an entry of its own", () => {
    const ann = update(nothing, "ann", thingOf({ size: 1 }));
    const status = { ...thingOf({ size: 5 }), status: { phase: "on" } };
    const managers = trackUpdate(writeOf(ann, "ann", "status"), status);
    const own = managers.find(({ subresource }) => subresource === "status");
    assert.deepEqual(own && pathsOf(own.fields).map(pathText), [".status.phase"]);
    assert(ownedBy(ann, "ann").includes(".spec.size"));
  });

  test("by many managers keeps the newest, and folds the others into one", () => {
    let live: Live = update(nothing, "m0", thingOf({ items: [] }));
    const items: { readonly name: string }[] = [];
    for (let index = 1; index <= 20; index += 1) {
      items.push({ name: `n${index}` });
      const object = thingOf({ items: [...items] });
      const write = writeOf(live, `m${index}`);
      const time = `2026-01-01T00:00:${String(index).padStart(2, "0")}Z`;
      const managers = trackUpdate({ ...write, writer: { ...write.writer, time } }, object);
      live = { object, managers };
    }
    const names = live.managers.map(({ manager }) => manager);
    assert.equal(names.length, 10);
    assert(names.includes("ancient-changes") && names.includes("m20") && !names.includes("m5"));
    const owned = live.managers.flatMap(({ manager }) => ownedBy(live, manager));
    for (const { name } of items) assert(owned.includes(`.spec.items[name="${name}"]`));
  });
});

describe("kubectl's own client-side apply", () => {
  const annotation = "kubectl.kubernetes.io/last-applied-configuration";

  function clientSide(spec: JsonObject, now = spec): Live {
    const annotations = { [annotation]: JSON.stringify(thingOf(spec)) };
    const live = update(nothing, "kubectl-client-side-apply", thingOf(spec, { annotations }));
    return now === spec ? live : update(live, "editor", thingOf(now, { annotations }));
  }

  test("is no conflict for kubectl's server-side apply", () => {
    const live = clientSide({ size: 1 });
    assert.equal(conflictsOf(live, "kubectl", thingOf({ size: 2 })).length, 0);
    assert.deepEqual(conflictsOf(live, "helm", thingOf({ size: 2 })), [
      "kubectl-client-side-apply.spec.size",
    ]);
  });

  test("is one where somebody has changed what it applied", () => {
    const live = clientSide({ size: 1, tags: ["red"] }, { size: 7, tags: ["red"] });
    assert.deepEqual(conflictsOf(live, "kubectl", thingOf({ size: 2 })), ["editor.spec.size"]);
  });

  test("with an annotation that is no configuration helps nobody", () => {
    const annotations = { [annotation]: "{broken" };
    const live = update(nothing, "someone", thingOf({ size: 1 }, { annotations }));
    assert.equal(conflictsOf(live, "kubectl", thingOf({ size: 2 })).length, 1);
  });
});

test("objects stay objects whatever is applied", () => {
  fc.assert(
    fc.property(thingConfig, thingConfig, thingConfig, (a, b, c) => {
      const live = apply(apply(apply(nothing, "ann", a), "bob", b), "ann", c);
      assert(isJsonObject(live.object) && isJsonObject(live.object["metadata"]));
    }),
  );
});
