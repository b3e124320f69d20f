/** What a write of an object changes, noted in the tree of its edits. */
import { isJsonObject, type Json } from "@beemesh/wire";
import { type EditTree, editsBelow, editsWith, wholeEdit } from "./edit-tree.ts";
import { isNewStruct, pairs } from "./pairing.ts";
import type { Child, Member } from "./shape.ts";

/** A value before and after a write; undefined is one that is not there. */
export interface Edit {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** The stamp of the write: newer than all others in the tree. */
  readonly stamp: string;
}

/**
 * The edits of a value after a write. Members of objects and items of lists by key are noted one
 * by one. What has come or gone whole is noted as one, but for lists and maps: one that is not
 * there is an empty one, so that two who each add a label have not changed the same field.
 */
export function editsAfter(place: Member, edits: EditTree, edit: Edit): EditTree {
  const { before, after, stamp } = edit;
  // Most of an object stays as it is, and need not be seen by its shape.
  if (isSame(before, after)) return edits;
  const below = pairs(place, isNewStruct(place, before, after) ? {} : before, after);
  if (below === undefined) return wholeEdit(stamp);
  const children = new Map(edits.children);
  for (const [element, [was, is]] of below) {
    const child = editsOfChild(editsBelow(edits, element), [was, is], stamp);
    children.set(element, child);
  }
  return editsWith(edits.stamp, children);
}

function editsOfChild(
  edits: EditTree,
  [was, is]: readonly [Child | undefined, Child | undefined],
  stamp: string,
): EditTree {
  const place = was ?? is;
  if (place === undefined) return edits;
  // Items that a list holds more than once are taken together.
  if ([was, is].some((each) => (each?.values.length ?? 0) > 1)) {
    return isSame(was?.values, is?.values) ? edits : wholeEdit(stamp);
  }
  return editsAfter(place, edits, { before: was?.values[0], after: is?.values[0], stamp });
}

/** Whether two values are equal, whatever the order of members. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    const others: readonly Json[] = b;
    return a.every((item: Json, index) => isSame(item, others[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  for (const member of Object.keys(a)) if (!isSame(a[member], b[member])) return false;
  for (const member of Object.keys(b)) {
    if (b[member] !== undefined && a[member] === undefined) return false;
  }
  return true;
}
