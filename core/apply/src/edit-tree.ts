/**
 * Which write was the last to change which field of an object, as a tree of stamps: the stamp of a
 * field is that of the innermost node above it, so what was written whole takes one node.
 *
 *     { stamp: b, children: { f:spec: { stamp: b, children: { f:replicas: { stamp: t } } } } }
 *
 * says that `.spec.replicas` was changed by the write of stamp `t`, and everything else, what is
 * not there included, by the one of stamp `b`. No stamp is older than the one above it.
 */

/** The stamps of a field and of all below it. They sort by time as text. */
export interface EditTree {
  readonly stamp: string;
  /** Only what differs from the stamp above. */
  readonly children: ReadonlyMap<string, EditTree>;
}

const noChildren: ReadonlyMap<string, EditTree> = new Map();

/** The tree of what one write has made whole. */
export function wholeEdit(stamp: string): EditTree {
  return { stamp, children: noChildren };
}

/** The stamps of what is below one element. */
export function editsBelow({ stamp, children }: EditTree, element: string): EditTree {
  return children.get(element) ?? wholeEdit(stamp);
}

/** A tree with other children, without those that say nothing. */
export function editsWith(stamp: string, children: Iterable<[string, EditTree]>): EditTree {
  const kept = new Map<string, EditTree>();
  for (const [element, child] of children) {
    if (child.stamp !== stamp || child.children.size > 0) kept.set(element, child);
  }
  return { stamp, children: kept };
}

/** Of each field the newer stamp. */
export function joinedEdits(a: EditTree, b: EditTree): EditTree {
  if (a === b) return a;
  const stamp = newer(a.stamp, b.stamp);
  return editsWith(
    stamp,
    elementsOf(a, b).map((element) => [
      element,
      joinedEdits(editsBelow(a, element), editsBelow(b, element)),
    ]),
  );
}

/** Whether no field has a newer stamp in `b` than in `a`: a partial order. */
export function coversEdits(a: EditTree, b: EditTree): boolean {
  if (a.stamp < b.stamp) return false;
  return elementsOf(a, b).every((element) =>
    coversEdits(editsBelow(a, element), editsBelow(b, element)),
  );
}

/** The newest stamp of a field or of any below it. */
export function newestEdit({ stamp, children }: EditTree): string {
  let newest = stamp;
  for (const child of children.values()) newest = newer(newest, newestEdit(child));
  return newest;
}

/** All stamps of a tree, the oldest first. */
export function editStamps(tree: EditTree): readonly string[] {
  const stamps = new Set<string>();
  collect(tree, stamps);
  return [...stamps].toSorted();
}

function collect({ stamp, children }: EditTree, stamps: Set<string>): void {
  stamps.add(stamp);
  for (const child of children.values()) collect(child, stamps);
}

/** A tree with other stamps in the place of some; `to` must not change their order. */
export function renamedEdits(tree: EditTree, to: (stamp: string) => string): EditTree {
  return editsWith(
    to(tree.stamp),
    [...tree.children].map(([element, child]) => [element, renamedEdits(child, to)]),
  );
}

function elementsOf(a: EditTree, b: EditTree): readonly string[] {
  if (a.children.size === 0 && b.children.size === 0) return [];
  return [...new Set([...a.children.keys(), ...b.children.keys()])];
}

function newer(a: string, b: string): string {
  return a > b ? a : b;
}
