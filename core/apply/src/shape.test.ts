import assert from "node:assert/strict";
import { test } from "node:test";
import {
  deduced,
  isHollow,
  itemElement,
  type ListShape,
  leaf,
  mapOf,
  see,
  structOf,
} from "./shape.ts";

const byName: ListShape = { kind: "list", keys: ["name"], keyDefaults: {}, item: deduced };

test("a value is seen by its shape, and as a leaf if it is not of it", () => {
  assert.equal(see(leaf, { a: 1 }).kind, "leaf");
  assert.equal(see(deduced, { a: 1 }).kind, "members");
  assert.equal(see(deduced, [1]).kind, "leaf");
  assert.equal(see(structOf(new Map()), "text").kind, "leaf");
  assert.equal(see(byName, [{ name: "a" }]).kind, "list");
  for (const value of ["text", [{ other: 1 }], [null], ["a"]]) {
    assert.equal(see(byName, value).kind, "leaf");
  }
});

test("members that are declared are told from the keys of maps", () => {
  const struct = structOf(new Map([["known", leaf]]));
  const seen = see(struct, { known: 1, other: 2 });
  assert(seen.kind === "members");
  const known = { shape: leaf, isDeclared: true, values: [1] };
  const other = { shape: deduced, isDeclared: false, values: [2] };
  assert.deepEqual(
    [...seen.children],
    [
      ["f:known", known],
      ["f:other", other],
    ],
  );
  const map = see(mapOf(leaf), { key: 1 });
  assert(map.kind === "members" && map.children.get("f:key")?.isDeclared === false);
});

test("an item that is there twice is one, with two values", () => {
  const list = [{ name: "a" }, { name: "b" }, { name: "a", more: 1 }];
  const seen = see(byName, list);
  assert(seen.kind === "list");
  const values = [...seen.children.values()].map((child) => child.values);
  assert.deepEqual(values, [[{ name: "a" }, { name: "a", more: 1 }], [{ name: "b" }]]);
});

test("an item is named by its keys, of which some may be left out", () => {
  const ports: ListShape = {
    kind: "list",
    keys: ["port", "protocol", "address"],
    keyDefaults: { protocol: "TCP" },
    item: deduced,
  };
  assert.equal(itemElement(ports, { port: 80 }), 'k:{"port":80,"protocol":"TCP"}');
  const set: ListShape = { ...byName, keys: [], item: leaf };
  assert.equal(itemElement(set, "x"), 'v:"x"');
  assert.equal(itemElement(set, {}), undefined);
});

test("what holds nothing is hollow", () => {
  assert.deepEqual([{}, [], { a: 1 }, [1], "", null].map(isHollow), [
    true,
    true,
    ...Array(4).fill(false),
  ]);
});
