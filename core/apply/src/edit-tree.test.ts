import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  coversEdits,
  type EditTree,
  editStamps,
  editsBelow,
  joinedEdits,
  newestEdit,
  renamedEdits,
  wholeEdit,
} from "./edit-tree.ts";
import { editsAfter } from "./editing.ts";
import { leaf, type Member, mapOf } from "./shape.ts";

const place: Member = { shape: mapOf(mapOf(leaf)), isDeclared: true };

/** A tree after some writes, each of one field or of what is above two fields. */
export const editTree: fc.Arbitrary<EditTree> = fc
  .array(fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("x", "y", ""), fc.nat(30)), {
    maxLength: 5,
  })
  .map((writes) =>
    writes
      .toSorted(([, , a], [, , b]) => a - b)
      .reduce((edits, [outer, inner, second]) => {
        const stamp = `t${String(second + 10)}`;
        const before = { [outer]: { x: 1, y: 1 } };
        const after = inner === "" ? {} : { [outer]: { x: 1, y: 1, [inner]: 2 } };
        return editsAfter(place, edits, { before, after, stamp });
      }, wholeEdit("t00")),
  );

describe("a tree of edits", () => {
  test("has the stamp of the innermost node above a field", () => {
    const edits = editsAfter(place, wholeEdit("t1"), {
      before: { a: { x: 1 } },
      after: { a: { x: 2 } },
      stamp: "t2",
    });
    assert.equal(editsBelow(editsBelow(edits, "f:a"), "f:x").stamp, "t2");
    assert.equal(editsBelow(editsBelow(edits, "f:a"), "f:y").stamp, "t1");
    assert.equal(editsBelow(edits, "f:b").stamp, "t1");
    assert.equal(newestEdit(edits), "t2");
    assert.deepEqual(editStamps(edits), ["t1", "t2"]);
  });

  test("is joined with another one by the newer stamp: a lattice", () => {
    fc.assert(
      fc.property(editTree, editTree, editTree, (a, b, c) => {
        assert.deepEqual(joinedEdits(a, b), joinedEdits(b, a));
        assert.deepEqual(joinedEdits(a, a), a);
        assert.deepEqual(joinedEdits(joinedEdits(a, b), c), joinedEdits(a, joinedEdits(b, c)));
        assert(coversEdits(joinedEdits(a, b), a) && coversEdits(joinedEdits(a, b), b));
      }),
    );
  });

  test("covers another one in a partial order", () => {
    fc.assert(
      fc.property(editTree, editTree, editTree, (a, b, c) => {
        assert(coversEdits(a, a));
        if (coversEdits(a, b) && coversEdits(b, a)) assert.deepEqual(joinedEdits(a, b), a);
        if (coversEdits(a, b) && coversEdits(b, c)) assert(coversEdits(a, c));
        assert.equal(coversEdits(a, b), newestFirst(joinedEdits(a, b)) === newestFirst(a));
      }),
    );
  });

  test("keeps its order under other names", () => {
    const edits = renamedEdits(
      { stamp: "a", children: new Map([["f:x", wholeEdit("b")]]) },
      (stamp) => (stamp < "b" ? "b" : stamp),
    );
    assert.deepEqual(edits, wholeEdit("b"));
  });
});

/** A tree as text in which the order of elements says nothing. */
function newestFirst({ stamp, children }: EditTree): string {
  const below = [...children].map(([element, child]) => `${element}:${newestFirst(child)}`);
  return `${stamp}{${below.toSorted().join()}}`;
}
