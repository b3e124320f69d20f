import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, type EntryPart, formatStamp, type PeerId } from "@beemesh/wire";
import { type Held, hold } from "./held.ts";
import { Library, Shelf } from "./shelf.ts";

/** A version of an entry whose body names whom it concerns. */
function heldOf(name: string, wallMs: number, body = "", part: EntryPart = "spec"): Held {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name, part } as const;
  return hold({ ...key, stamp, author: "ann", body, signature: "s" }, namedInBody);
}

function namedInBody({ body }: Entry): readonly PeerId[] {
  return body === "" ? [] : body.split(",");
}

describe("Shelf", () => {
  test("holds one version of each part", () => {
    const shelf = new Shelf("pods/default");
    const [old, spec] = [heldOf("web", 1), heldOf("web", 2)];
    assert.equal(shelf.put(old), undefined);
    assert.equal(shelf.put(spec), old);
    const [first, second] = [heldOf("web", 3, "", "status:a"), heldOf("web", 3, "", "status:b")];
    shelf.put(first);
    shelf.put(second);
    assert.equal(shelf.get("web", "spec"), spec);
    assert.equal(shelf.get("web", "status:b"), second);
    assert.deepEqual(shelf.sheets.get("web"), { spec, statuses: [first, second] });
    assert.equal(shelf.tree.count, 3);
    assert(!shelf.remove(old), "it is not held any more");
    assert(shelf.remove(first) && shelf.remove(spec) && shelf.remove(second));
    assert.equal(shelf.sheets.size, 0);
    assert.equal(shelf.tree.count, 0);
  });

  test("knows what concerns a machine, as it changes", () => {
    const shelf = new Shelf("pods/default");
    shelf.put(heldOf("web", 1, "ann,bob"));
    shelf.put(heldOf("db", 1, "bob"));
    assert.deepEqual([...shelf.concerned], ["ann", "bob"]);
    assert.equal(shelf.concerning("bob")?.count, 2);
    shelf.put(heldOf("web", 2, "cyd"));
    assert.deepEqual([...shelf.concerned].toSorted(), ["bob", "cyd"]);
    assert.equal(shelf.concerning("ann"), undefined);
    assert.equal(shelf.concerning("bob")?.count, 1);
  });

  test("a status concerns whom its specification concerns, whichever came first", () => {
    const shelf = new Shelf("pods/default");
    const status = heldOf("web", 1, "", "status:a");
    shelf.put(status);
    assert.deepEqual([...shelf.concerned], []);
    const spec = heldOf("web", 1, "bob");
    shelf.put(spec);
    assert.equal(shelf.concerning("bob")?.count, 2);
    const newer = heldOf("web", 2, "", "status:a");
    shelf.put(newer);
    shelf.put(heldOf("web", 2, "bob,cyd"));
    assert.equal(shelf.concerning("bob")?.count, 2);
    assert.equal(shelf.concerning("cyd")?.count, 2);
    shelf.put(heldOf("web", 3, "cyd"));
    assert.equal(shelf.concerning("bob"), undefined);
    assert(shelf.remove(newer));
    assert.equal(shelf.concerning("cyd")?.count, 1);
    const tree = shelf.concerning("cyd");
    assert.deepEqual([...(tree?.entries() ?? [])], [shelf.get("web", "spec")]);
  });

  test("keeps its shape when a machine's only entry is replaced", () => {
    const shelf = new Shelf("pods/default");
    shelf.put(heldOf("web", 1, "bob"));
    const { shape } = shelf;
    shelf.put(heldOf("web", 2, "bob"));
    assert.equal(shelf.shape, shape);
  });
});

describe("Library", () => {
  test("wants what is newer than what it holds", () => {
    const library = new Library();
    const held = heldOf("web", 5);
    assert(library.wants(held.entry));
    library.put(held);
    assert(!library.wants(held.entry) && !library.wants(heldOf("web", 4).entry));
    assert(library.wants(heldOf("web", 6).entry) && library.wants(heldOf("db", 1).entry));
  });

  test("forgets a collection with its last entry", () => {
    const library = new Library();
    const held = heldOf("web", 5);
    library.put(held);
    assert.deepEqual([...library.collections], ["pods/default"]);
    assert(library.remove(held));
    assert(!library.remove(held));
    assert.deepEqual([...library.collections], []);
  });

  test("changes its shape when a collection or a concerned machine comes or goes", () => {
    const library = new Library();
    const shapes = new Set([library.shape]);
    for (const held of [heldOf("a", 1), heldOf("b", 1, "bob"), heldOf("b", 2)]) {
      library.put(held);
      shapes.add(library.shape);
    }
    assert.equal(shapes.size, 4);
    const { shape } = library;
    library.put(heldOf("b", 3, "cyd"));
    library.put(heldOf("b", 4, "dan"));
    assert(library.shape > shape + 1, "also when one takes the place of another");
    shapes.add(library.shape);
    library.put(heldOf("c", 1));
    assert(shapes.has(library.shape), "another entry alone does not");
  });
});

describe("Descent", () => {
  /** A version of a record whose body is `who it concerns;its parent`. */
  function specOf(collection: string, wallMs: number, body: string): Held {
    const stamp = formatStamp({ wallMs, counter: 0, machine: "ann" });
    const key = { collection, name: "x", part: "spec" } as const;
    const named = ({ body: text }: Entry) => (text.split(";")[0] ?? "").split(",").filter(Boolean);
    const descent = ({ body: text }: Entry) => {
      const parent = text.split(";")[1] ?? "";
      return parent === "" ? [] : [{ collection: parent, name: "x" }];
    };
    return hold({ ...key, stamp, author: "ann", body, signature: "s" }, named, descent);
  }

  const orders: readonly (readonly Held[])[] = (() => {
    const [a, b, c] = [
      specOf("deployments/n", 1, ";"),
      specOf("replicasets/n", 1, ";deployments/n"),
      specOf("pods/n", 1, "bob;replicasets/n"),
    ];
    return [
      [a, b, c],
      [c, b, a],
      [b, c, a],
      [c, a, b],
    ];
  })();

  test("what concerns a machine makes all that it is derived from concern it, in any order", () => {
    for (const helds of orders) {
      const library = new Library();
      for (const held of helds) library.put(held);
      for (const held of helds) {
        assert(library.isConcerned("bob", held));
        assert(!library.isConcerned("cyd", held));
        assert.equal(library.shelf(held.entry.collection)?.concerning("bob")?.count, 1);
      }
    }
  });

  test("so does a newer version, and nothing does when the last is gone", () => {
    for (const helds of orders) {
      const library = new Library();
      for (const held of helds) library.put(held);
      const top = specOf("deployments/n", 2, ";");
      library.put(top);
      assert.equal(library.shelf("deployments/n")?.concerning("bob")?.count, 1);
      library.put(specOf("pods/n", 2, "cyd;replicasets/n"));
      assert.deepEqual(library.heirsOf(top), ["cyd"]);
      const gone = specOf("pods/n", 3, ";");
      library.put(gone);
      assert.deepEqual(library.heirsOf(top), []);
      for (const shelf of library.shelves) assert.deepEqual([...shelf.concerned], []);
    }
  });

  test("records that are said to descend from each other end nothing", () => {
    const library = new Library();
    library.put(specOf("a/n", 1, "bob;b/n"));
    library.put(specOf("b/n", 1, ";a/n"));
    const other = specOf("b/n", 2, "cyd;b/n");
    library.put(other);
    assert(library.isConcerned("cyd", other));
    assert(library.remove(other));
  });
});
