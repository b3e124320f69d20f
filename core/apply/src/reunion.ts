/**
 * Two versions of one object that were written without knowing of each other become one. What a
 * manager owns is a group of fields, and of each group the newer state holds: so that two who
 * have changed different things while the network was cut both find their changes afterwards.
 *
 * Fields that nobody owns are as in the newer version, and so is a field that managers of both
 * sides own, unless the one of the older version took it later.
 */
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import { compare } from "./comparison.ts";
import {
  difference,
  equalSets,
  type FieldSet,
  intersection,
  isEmpty,
  noFields,
  union,
} from "./field-set.ts";
import { idText, type Manager } from "./manager.ts";
import { merged, pruned } from "./merge.ts";
import { type Child, type Shape, see } from "./shape.ts";

/** A version of an object, without its account, and the account. */
export interface Version {
  readonly object: JsonObject;
  readonly managers: readonly Manager[];
}

/**
 * The one version that two become; `newer` as it is if it holds all that `older` says. Whoever
 * reunites the same two gets the same, and reuniting the result with either gives it again.
 */
export function reunited(shape: Shape, older: Version, newer: Version): Version {
  const changes = compare(shape, older.object, newer.object);
  const changed = [changes.added, changes.modified, changes.removed].reduce(union);
  const kept = newer.managers.filter((each) => !isOutdated(each, older));
  const claims = older.managers.filter((each) => isNews(each, newer));
  const taken = claims.map((each) => withoutLost(each, kept, changed)).filter(isOwner);
  const both = kept.map((each) => withoutLost(agreed(each, older), taken, changed));
  if (taken.length === 0 && both.every((each, index) => each === kept[index])) return newer;
  const managers = [...both, ...taken].filter(isOwner);
  const stale = newer.managers.filter((each) => isOutdated(each, older));
  const left = pruned(shape, newer.object, { last: allOf(stale), owned: allOf(managers) }) ?? {};
  const object = inTurn(taken).reduce<Json>(
    (whole, { fields }) => merged(shape, whole, extracted(shape, older.object, fields)) ?? whole,
    left,
  );
  return { object: isJsonObject(object) ? object : newer.object, managers };
}

/** A manager without the changed fields that others own later than it. */
function withoutLost(mine: Manager, others: readonly Manager[], changed: FieldSet): Manager {
  const later = others.filter((each) => comesBefore(mine, each));
  const lost = intersection(intersection(mine.fields, allOf(later)), changed);
  return isEmpty(lost) ? mine : { ...mine, fields: difference(mine.fields, lost) };
}

function isOwner({ fields }: Manager): boolean {
  return !isEmpty(fields);
}

/** The fields of some managers together. */
function allOf(managers: readonly Manager[]): FieldSet {
  return managers.map(({ fields }) => fields).reduce(union, noFields);
}

/**
 * A manager that has done nothing since the versions parted: it has lost what others took of it
 * on either side.
 */
function agreed(mine: Manager, older: Version): Manager {
  const same = older.managers.find((each) => idText(each) === idText(mine));
  if (same === undefined || same.time !== mine.time) return mine;
  const fields = intersection(mine.fields, same.fields);
  return equalSets(fields, mine.fields) ? mine : { ...mine, fields };
}

/** Whether the older version holds a later state of the same manager. */
function isOutdated(mine: Manager, older: Version): boolean {
  const same = older.managers.find((each) => idText(each) === idText(mine));
  return same !== undefined && same.time > mine.time;
}

/** Whether a manager of the older version is not known to the newer one as it is now. */
function isNews(mine: Manager, newer: Version): boolean {
  const same = newer.managers.find((each) => idText(each) === idText(mine));
  return same === undefined || mine.time > same.time;
}

/** Earlier ones first, so that the later ones have the last word. */
function inTurn(managers: readonly Manager[]): readonly Manager[] {
  return managers.toSorted((a, b) => (comesBefore(a, b) ? -1 : 1));
}

function comesBefore(a: Manager, b: Manager): boolean {
  return a.time < b.time || (a.time === b.time && idText(a) < idText(b));
}

/** A value with those fields alone, and the keys of the items that they are in. */
export function extracted(shape: Shape, value: Json, fields: FieldSet): Json | undefined {
  if (isEmpty(fields)) return undefined;
  const seen = see(shape, value);
  if (seen.kind === "leaf") return fields.isMember ? value : undefined;
  const left = [...seen.children].flatMap(([element, child]): [string, Json][] => {
    const group = fields.children.get(element);
    const part = group === undefined ? undefined : extractedChild(element, child, group);
    return part === undefined ? [] : [[element, part]];
  });
  if (left.length === 0 && !fields.isMember) return undefined;
  if (seen.kind === "list") return left.map(([, item]) => item);
  return Object.fromEntries(left.map(([element, part]) => [element.slice(2), part]));
}

function extractedChild(element: string, child: Child, fields: FieldSet): Json | undefined {
  const [first] = child.values;
  const part = extracted(child.shape, first, fields);
  if (!element.startsWith("k:") || !isJsonObject(first)) return part;
  const keys = parseJson(element.slice(2));
  if (!isJsonObject(keys)) return part;
  // An item that is there in no other version must still say which one it is.
  const own = Object.entries(keys).filter(([key]) => Object.hasOwn(first, key));
  return { ...Object.fromEntries(own), ...(isJsonObject(part) ? part : {}) };
}
