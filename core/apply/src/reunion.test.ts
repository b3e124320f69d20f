import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { extentOf } from "./extent.ts";
import { pathText } from "./field-path.ts";
import { intersection, isEmpty, noFields, pathsOf, setOf, union } from "./field-set.ts";
import { extracted, reunited, type Version } from "./reunion.ts";
import { thing, thingConfig } from "./thing.test.ts";
import { applyConfiguration } from "./tracking.ts";

/** A version after `manager` has applied a configuration to one, at a second of the day. */
function applied(live: Version, manager: string, config: JsonObject, second: number): Version {
  const time = `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  const writer = { manager, apiVersion: "v1", subresource: "", time };
  const { object: before, managers } = live;
  const write = { shape: thing, before, managers, writer, concerns: () => true };
  const result = applyConfiguration(write, { config, isForced: true });
  assert(result.ok);
  return result;
}

const bare: Version = {
  object: { apiVersion: "v1", kind: "Thing", metadata: { name: "one" } },
  managers: [],
};

function thingOf(spec: JsonObject): JsonObject {
  return { ...bare.object, spec };
}

describe("a reunion", () => {
  const base = applied(bare, "ann", thingOf({ size: 1, items: [{ name: "p", image: "x" }] }), 1);

  test("keeps what each side has changed", () => {
    const left = applied(base, "bob", thingOf({ tags: ["red"] }), 2);
    const labels = { ...bare.object, metadata: { name: "one", labels: { a: "1" } } };
    const right = applied(base, "carl", labels, 3);
    const { object } = reunited(thing, left, right);
    assert.deepEqual(object, {
      apiVersion: "v1",
      kind: "Thing",
      metadata: { name: "one", labels: { a: "1" } },
      spec: { size: 1, items: [{ name: "p", image: "x" }], tags: ["red"] },
    });
  });

  test("gives a field of both to who took it later", () => {
    const left = applied(base, "bob", thingOf({ size: 2 }), 5);
    const right = applied(base, "carl", thingOf({ size: 3, tags: ["red"] }), 3);
    const { object } = reunited(thing, left, right);
    assert.deepEqual(object["spec"], {
      size: 2,
      items: [{ name: "p", image: "x" }],
      tags: ["red"],
    });
  });

  test("leaves nobody with what was taken of it on either side", () => {
    const left = applied(base, "bob", thingOf({ size: 2 }), 5);
    const right = applied(base, "carl", thingOf({ tags: ["red"] }), 6);
    const { managers } = reunited(thing, left, right);
    const ann = managers.find(({ manager }) => manager === "ann");
    assert(ann !== undefined && isEmpty(intersection(ann.fields, setOf([["f:spec", "f:size"]]))));
  });

  test("takes away what the later state of a manager has given up", () => {
    const left = applied(base, "ann", thingOf({ size: 1 }), 7);
    const right = applied(base, "bob", thingOf({ tags: ["red"] }), 8);
    const { object } = reunited(thing, left, right);
    assert.deepEqual(object["spec"], { size: 1, tags: ["red"] });
  });

  test("names the items of which only some fields are taken", () => {
    const image = setOf([["f:spec", "f:items", 'k:{"name":"p"}', "f:image"]]);
    const part = extracted(thing, base.object, image);
    assert.deepEqual(part, { spec: { items: [{ name: "p", image: "x" }] } });
    assert.equal(extracted(thing, base.object, setOf([["f:other"]])), undefined);
    assert.deepEqual(extracted(thing, base.object, extentOf(thing, base.object)), base.object);
  });

  test("is the same from either side, and with itself or what came of it changes nothing", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, thingConfig, (a, b, c) => {
        const start = applied(bare, "ann", a, 1);
        const left = applied(start, "bob", b, 2);
        const right = applied(start, "carl", c, 3);
        assert.equal(reunited(thing, left, left), left);
        const both = reunited(thing, left, right);
        assert.equal(reunited(thing, both, both), both);
        // Which side is the newer one matters to fields without an owner alone.
        assert.equal(ownedText(reunited(thing, right, left)), ownedText(both));
        for (const each of [left, right]) {
          assert.equal(text(reunited(thing, each, both)), text(both));
        }
      }),
    );
  });

  test("of three comes to the same but for the order of items, whoever meets first", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, thingConfig, thingConfig, (a, b, c, d) => {
        const start = applied(bare, "ann", a, 1);
        const bob = applied(start, "bob", b, 2);
        const carl = applied(start, "carl", c, 3);
        const dora = applied(start, "dora", d, 4);
        const early = reunited(thing, reunited(thing, bob, carl), dora);
        const late = reunited(thing, bob, reunited(thing, carl, dora));
        assert.equal(text(early), text(late));
      }),
    );
  });
});

/** An object, and who was last to take each of its fields. */
function text({ object, managers }: Version): string {
  const latest = new Map<string, string>();
  for (const { manager, time, fields } of managers) {
    for (const path of pathsOf(fields).map(pathText)) {
      const owner = `${time} ${manager}`;
      if (owner > (latest.get(path) ?? "")) latest.set(path, owner);
    }
  }
  return `${groupText(object)} ${canonicalJson(Object.fromEntries(latest))}`;
}

/** The fields of an object that have owners. */
function ownedText({ object, managers }: Version): string {
  const owned = managers.map(({ fields }) => fields).reduce(union, noFields);
  return groupText(extracted(thing, object, owned) ?? null);
}

/** A value as text in which the order of items says nothing. */
function groupText(value: Json): string {
  if (Array.isArray(value)) return value.map(groupText).toSorted().join(" ");
  if (!isJsonObject(value)) return canonicalJson(value);
  const members = Object.entries(value).map(([name, inner]) => `${name}:${groupText(inner)}`);
  return `{${members.toSorted().join(",")}}`;
}
