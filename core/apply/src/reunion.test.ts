import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { coversEdits, editsBelow, joinedEdits, newestEdit, wholeEdit } from "./edit-tree.ts";
import { editsAfter } from "./editing.ts";
import { setOf } from "./field-set.ts";
import type { Manager } from "./manager.ts";
import { reunitedManagers, reunitedValue, type Version } from "./reunion.ts";
import type { Member } from "./shape.ts";
import { thing } from "./thing.test.ts";

const place: Member = { shape: thing, isDeclared: true };

type Write = (object: Draft) => void;

/** A thing that tests write into. */
interface Draft {
  labels: Record<string, string>;
  size?: number;
  selector?: Record<string, string>;
  tags: string[];
  items: { name: string; image?: number; ports?: { port: number; host: number }[] }[];
  probe?: { path?: number; period?: number };
}

const start: Draft = {
  labels: { a: "0" },
  size: 0,
  tags: ["red"],
  items: [
    { name: "p", image: 0, ports: [{ port: 80, host: 0 }] },
    { name: "q", image: 0 },
  ],
};

function thingOf({ labels, ...spec }: Draft): JsonObject {
  const json: unknown = structuredClone({ metadata: { labels }, spec });
  assert(isJsonObject(json));
  return json;
}

/** Writes a version anew at a time, and notes what that has changed. */
function written({ draft, version }: Drafted, write: Write, stamp: string): Drafted {
  const next = structuredClone(draft);
  write(next);
  const value = thingOf(next);
  const before = version.value;
  const edits = editsAfter(place, version.edits, { before, after: value, stamp });
  return { draft: next, version: { value, edits } };
}

interface Drafted {
  readonly draft: Draft;
  readonly version: Version;
}

const made: Drafted = {
  draft: start,
  version: { value: thingOf(start), edits: wholeEdit("t000") },
};

/** Two versions as one, whichever of them was written later. */
function reunited(a: Version, b: Version): Version {
  const [newer, older] = newestEdit(a.edits) >= newestEdit(b.edits) ? [a, b] : [b, a];
  return {
    value: reunitedValue(place, newer, older),
    edits: joinedEdits(a.edits, b.edits),
  };
}

const key = fc.constantFrom("a", "b", "c");
const name = fc.constantFrom("p", "q", "r");
const number = fc.integer({ min: 1, max: 9 });

/** Writes of single fields, which come and go by themselves. */
const fieldWrite: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(key, number).map(([label, value]) => (object: Draft) => {
    object.labels[label] = String(value);
  }),
  key.map((label) => (object: Draft) => {
    delete object.labels[label];
  }),
  number.map((size) => (object: Draft) => {
    object.size = size;
  }),
  fc.constant((object: Draft) => {
    delete object.size;
  }),
  key.map((value) => (object: Draft) => {
    object.selector = { value };
  }),
  fc.constantFrom("red", "blue").map((tag) => (object: Draft) => {
    const has = object.tags.includes(tag);
    object.tags = has ? object.tags.filter((each) => each !== tag) : [...object.tags, tag];
  }),
  fc.tuple(name, number).map(([wanted, image]) => (object: Draft) => {
    const item = object.items.find((each) => each.name === wanted);
    if (item !== undefined) item.image = image;
  }),
  number.map((host) => (object: Draft) => {
    const port = object.items[0]?.ports?.[0];
    if (port !== undefined) port.host = host;
  }),
);

/** Writes by which items and structs come and go as a whole, too. */
const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  fieldWrite,
  name.map((wanted) => (object: Draft) => {
    object.items = object.items.filter((each) => each.name !== wanted);
  }),
  fc.tuple(name, number).map(([wanted, image]) => (object: Draft) => {
    if (object.items.some((each) => each.name === wanted)) return;
    object.items = [...object.items, { name: wanted, image }];
  }),
  number.map((path) => (object: Draft) => {
    object.probe = { ...object.probe, path };
  }),
  number.map((period) => (object: Draft) => {
    object.probe = { ...object.probe, period };
  }),
  fc.constant((object: Draft) => {
    delete object.probe;
  }),
);

/** Versions of three sides of a cut: each write has a time of its own. */
function sidesOf(write: fc.Arbitrary<Write>): fc.Arbitrary<readonly Drafted[]> {
  return fc.array(fc.tuple(write, fc.nat(2)), { maxLength: 9 }).map((writes) => {
    const sides = [made, made, made];
    for (const [index, [each, side]] of writes.entries()) {
      sides[side] = written(sides[side] ?? made, each, `t${101 + index}`);
    }
    return sides;
  });
}

function versionsOf(sides: readonly Drafted[]): readonly [Version, Version, Version] {
  const [a, b, c] = sides.map(({ version }) => version);
  assert(a && b && c);
  return [a, b, c];
}

describe("a reunion", () => {
  test("keeps what each side has changed, and of what both have the later", () => {
    const size = written(made, (object) => (object.size = 5), "t101");
    const label = written(made, (object) => (object.labels["b"] = "left"), "t102");
    const right = written(made, (object) => (object.labels["b"] = "right"), "t103");
    const both = written(right, (object) => (object.tags = []), "t104");
    const value = reunited(reunited(size.version, label.version), both.version).value;
    assert.deepEqual(
      value,
      thingOf({ ...start, size: 5, labels: { a: "0", b: "right" }, tags: [] }),
    );
  });

  test("is the same from either side, and knows all that both did", () => {
    fc.assert(
      fc.property(sidesOf(anyWrite), (sides) => {
        const [a, b] = versionsOf(sides);
        const both = reunited(a, b);
        assert.equal(text(reunited(b, a)), text(both));
        assert(coversEdits(both.edits, a.edits) && coversEdits(both.edits, b.edits));
        for (const each of [a, b, both]) assert.equal(text(reunited(both, each)), text(both));
      }),
      { numRuns: 500 },
    );
  });

  test("with a version that was made of the other changes nothing", () => {
    fc.assert(
      fc.property(sidesOf(anyWrite), anyWrite, (sides, write) => {
        for (const side of sides) {
          const next = written(side, write, "t200").version;
          assert(coversEdits(next.edits, side.version.edits));
          assert.equal(text(reunited(next, side.version)), text(next));
        }
      }),
    );
  });

  test("of three comes to the same, whoever meets first", () => {
    fc.assert(
      fc.property(sidesOf(fieldWrite), (sides) => {
        const [a, b, c] = versionsOf(sides);
        const whole = reunited(reunited(a, b), c);
        assert.equal(text(reunited(a, reunited(b, c))), text(whole));
        assert.equal(text(reunited(reunited(a, c), b)), text(whole));
      }),
      { numRuns: 500 },
    );
  });

  test("gives no field a value that is older than the one it had", () => {
    fc.assert(
      fc.property(sidesOf(fieldWrite), (sides) => {
        const [a, b] = versionsOf(sides);
        const { value, edits } = reunited(a, b);
        for (const path of fieldPaths) {
          const [first, second] = [a, b].map((each) => stampAt(each.edits, path));
          const source = (first ?? "") >= (second ?? "") ? a : b;
          assert.equal(stampAt(edits, path), stampAt(source.edits, path));
          assert.deepEqual(valueAt(value, path), valueAt(source.value, path), path.join("."));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("keeps whole what one side has removed and the other one changed since", () => {
    const removed = written(made, (object) => (object.items = []), "t101");
    const changed = written(made, (object) => (object.items[0] = { name: "p", image: 7 }), "t102");
    const { value } = reunited(removed.version, changed.version);
    assert.deepEqual(valueAt(value, ["spec", "items"]), [{ name: "p", image: 7 }]);
    const later = written(made, (object) => (object.items = []), "t103");
    const gone = reunited(later.version, changed.version).value;
    assert.deepEqual(valueAt(gone, ["spec", "items"]), []);
  });

  test("leaves a field to its owners on the side that it is taken from", () => {
    const left = written(made, (object) => (object.size = 5), "t101").version;
    const right = written(made, (object) => (object.labels["a"] = "1"), "t102").version;
    const [size, label, tag] = [
      ["f:spec", "f:size"],
      ["f:metadata", "f:labels", "f:a"],
      ["f:spec", "f:tags", 'v:"red"'],
    ] as const;
    const managers = reunitedManagers(
      { managers: [ownerOf("ann", size, tag), ownerOf("carl", label)], edits: right.edits },
      { managers: [ownerOf("ann", label, tag), ownerOf("bob", size)], edits: left.edits },
    );
    assert.deepEqual(managers, [ownerOf("ann", tag), ownerOf("carl", label), ownerOf("bob", size)]);
  });
});

function ownerOf(manager: string, ...paths: readonly (readonly string[])[]): Manager {
  const id = { manager, operation: "Update", apiVersion: "v1", subresource: "" } as const;
  return { ...id, time: "2026-01-01T00:00:00Z", fields: setOf(paths) };
}

/** Fields that are written one by one. */
const fieldPaths = [
  ["metadata", "labels", "a"],
  ["metadata", "labels", "b"],
  ["metadata", "labels", "c"],
  ["spec", "size"],
  ["spec", "selector"],
];

function stampAt(edits: Version["edits"], path: readonly string[]): string {
  return path.reduce((at, member) => editsBelow(at, `f:${member}`), edits).stamp;
}

function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (at, member) => (isJsonObject(at) ? at[member] : undefined),
    value,
  );
}

/** A version as text in which the order of items says nothing, nor what is empty. */
function text({ value, edits }: Version): string {
  return `${groupText(value ?? null)} ${editsText(edits)}`;
}

function editsText({ stamp, children }: Version["edits"]): string {
  const below = [...children].map(([element, child]) => `${element}:${editsText(child)}`);
  return `${stamp}{${below.toSorted().join()}}`;
}

function groupText(value: Json): string {
  if (Array.isArray(value)) return value.map(groupText).toSorted().join(" ");
  if (!isJsonObject(value)) return canonicalJson(value);
  const members = Object.entries(value)
    .map(([member, inner]) => [member, groupText(inner)])
    .filter(([, inner]) => inner !== "" && inner !== "{}");
  return `{${members
    .map((pair) => pair.join(":"))
    .toSorted()
    .join()}}`;
}
