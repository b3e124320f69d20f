/**
 * Two versions of one object, of which neither knows what the other's writers have changed, become
 * one: of each field the value of the write with the newest stamp. Items of lists come together by
 * their keys, members of maps by their names, and what is owned whole is taken whole.
 *
 * What one version has removed as a whole, such as a container, and the other one has changed
 * since, stays as that one has it: nobody gets half of it.
 */
import type { Json } from "@beemesh/wire";
import { type EditTree, editsBelow, newestEdit } from "./edit-tree.ts";
import { type FieldSet, isEmpty, union } from "./field-set.ts";
import { foldOld, idText, type Manager } from "./manager.ts";
import { pairs } from "./pairing.ts";
import { type Child, isHollow, type Member } from "./shape.ts";

/** A value of one version, and the edits that made it what it is. */
export interface Version {
  readonly value: Json | undefined;
  readonly edits: EditTree;
}

/** The value that two versions become. Where stamps are equal, the one of `newer` holds. */
export function reunitedValue(place: Member, newer: Version, older: Version): Json | undefined {
  const below = pairs(place, newer.value, older.value);
  if (below === undefined) {
    return newestEdit(newer.edits) >= newestEdit(older.edits) ? newer.value : older.value;
  }
  const parts = [...below].map(([element, pair]): [string, readonly Json[]] => {
    const edits = [editsBelow(newer.edits, element), editsBelow(older.edits, element)] as const;
    return [element, reunitedChild(pair, edits)];
  });
  const isList = Array.isArray(newer.value ?? older.value);
  const value = isList ? parts.flatMap(([, items]) => items) : objectOf(parts);
  return isHollow(value) ? hollowOf(newer.value, older.value, value) : value;
}

/** The items of one element: none, one, or those of a list that holds it more than once. */
function reunitedChild(
  [newer, older]: readonly [Child | undefined, Child | undefined],
  [edits, olderEdits]: readonly [EditTree, EditTree],
): readonly Json[] {
  const place = newer ?? older;
  if (place === undefined) return [];
  if ([newer, older].some((each) => (each?.values.length ?? 0) > 1)) {
    const taken = newestEdit(edits) >= newestEdit(olderEdits) ? newer : older;
    return taken?.values ?? [];
  }
  const value = reunitedValue(
    place,
    { value: newer?.values[0], edits },
    { value: older?.values[0], edits: olderEdits },
  );
  return value === undefined ? [] : [value];
}

function objectOf(parts: readonly (readonly [string, readonly Json[]])[]): Json {
  return Object.fromEntries(
    parts.flatMap(([element, values]) => values.map((value) => [element.slice(2), value])),
  );
}

/** Of what has nothing left in it: empty where a version says so, else not there. */
function hollowOf(newer: Json | undefined, older: Json | undefined, empty: Json): Json | undefined {
  if (newer === undefined) return undefined;
  if (isHollow(newer)) return newer;
  return older === undefined ? undefined : empty;
}

/**
 * Who owns which field of the reunion: the owners of each field in the version that its value is
 * of, and of both where both have the same.
 */
export function reunitedManagers(
  newer: { readonly managers: readonly Manager[]; readonly edits: EditTree },
  older: { readonly managers: readonly Manager[]; readonly edits: EditTree },
): readonly Manager[] {
  const united = new Map<string, Manager>();
  for (const [mine, other] of [
    [newer, older],
    [older, newer],
  ] as const) {
    for (const manager of mine.managers) {
      const id = idText(manager);
      const known = united.get(id);
      const fields = upToDate(manager.fields, mine.edits, other.edits);
      united.set(id, {
        ...manager,
        time: known !== undefined && known.time > manager.time ? known.time : manager.time,
        fields: known === undefined ? fields : union(known.fields, fields),
      });
    }
  }
  return foldOld([...united.values()].filter(({ fields }) => !isEmpty(fields)));
}

/** The fields that have no newer stamp in the other version. */
function upToDate(fields: FieldSet, mine: EditTree, other: EditTree): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of fields.children) {
    const kept = upToDate(child, editsBelow(mine, element), editsBelow(other, element));
    if (!isEmpty(kept)) children.set(element, kept);
  }
  return { isMember: fields.isMember && mine.stamp >= other.stamp, children };
}
