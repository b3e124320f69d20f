/**
 * The account of edits as it is kept with an object:
 *
 *     { "base": "0mwm0nlyh000.0", "by": [["0mwm0nnt5001.1", fields], ["", fields]], "on": [m, n] }
 *
 * with fields as `managedFields` has them. Fields that are not named have the base's stamp, and an
 * empty stamp is the one of the version itself, which nobody knows before it is written. Stamps end
 * in the machine that made them, after a dot: that is named once, and then by its number.
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import {
  type EditTree,
  editStamps,
  editsBelow,
  editsWith,
  renamedEdits,
  wholeEdit,
} from "./edit-tree.ts";
import { type FieldSet, formatFields, isEmpty, parseFields } from "./field-set.ts";

/** Stands for the stamp of the version that is being written: newer than any other. */
export const ownStamp = "~";

/**
 * Writes that are told apart. Of more the two oldest count as one, made when the later of them
 * was: what somebody else changed between the two in the same field seems to be older than both.
 */
export const editsMax = 16;

/** Characters of an account. Of a longer one the oldest writes go into the base. */
export const accountLengthMax = 16 * 1024;

/**
 * The account of an object's edits; undefined if a single write has changed so much that it counts
 * as having written the whole object.
 *
 * @param isOld - Whether nobody can come any more with something that was written at that time.
 */
export function formatEdits(
  edits: EditTree,
  isOld: (stamp: string) => boolean,
): JsonObject | undefined {
  for (let bounded = joinOld(fadeOld(edits, isOld)); ; bounded = fadeOldest(bounded)) {
    const account = accountOf(bounded);
    if (lengthOf(account) <= accountLengthMax) return account;
    if (editStamps(bounded).every((stamp) => stamp === bounded.stamp || stamp === ownStamp)) {
      return undefined;
    }
  }
}

function lengthOf(account: JsonObject): number {
  return JSON.stringify(account).length;
}

/** What is older than anybody remembers is the base. */
function fadeOld(edits: EditTree, isOld: (stamp: string) => boolean): EditTree {
  const old = exceptions(edits).findLast(isOld);
  return old === undefined ? edits : fade(edits, old);
}

function fadeOldest(edits: EditTree): EditTree {
  return fade(edits, exceptions(edits)[0] ?? edits.stamp);
}

function fade(edits: EditTree, until: string): EditTree {
  return renamedEdits(edits, (stamp) => (stamp < until ? until : stamp));
}

function joinOld(edits: EditTree): EditTree {
  const stamps = exceptions(edits);
  const [first, last] = [stamps[0], stamps[stamps.length - editsMax]];
  if (first === undefined || last === undefined) return edits;
  return renamedEdits(edits, (stamp) => (first <= stamp && stamp < last ? last : stamp));
}

/** Stamps but for the base, the oldest first. */
function exceptions(edits: EditTree): readonly string[] {
  return editStamps(edits).filter((stamp) => stamp !== edits.stamp);
}

function accountOf(edits: EditTree): JsonObject {
  const machines: string[] = [];
  const by = exceptions(edits).map(
    (stamp): Json => [
      shortened(stamp, machines),
      formatFields(fieldsBy(edits, stamp, edits.stamp)),
    ],
  );
  return { base: shortened(edits.stamp, machines), by, on: machines };
}

/** A stamp with the number of its machine, which is added to the list. */
function shortened(stamp: string, machines: string[]): string {
  if (stamp === ownStamp) return "";
  const dot = stamp.indexOf(".");
  if (dot < 0) return stamp;
  const machine = stamp.slice(dot + 1);
  if (!machines.includes(machine)) machines.push(machine);
  return `${stamp.slice(0, dot)}.${machines.indexOf(machine)}`;
}

/** The stamp that was shortened; undefined if no machine has its number. */
function lengthened(stamp: string, machines: readonly Json[]): string | undefined {
  const dot = stamp.indexOf(".");
  if (dot < 0) return stamp;
  const machine = machines[Number(stamp.slice(dot + 1))];
  return typeof machine === "string" ? `${stamp.slice(0, dot)}.${machine}` : undefined;
}

/** The outermost fields that have a stamp. */
function fieldsBy(edits: EditTree, stamp: string, above: string): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of edits.children) {
    const fields = fieldsBy(child, stamp, edits.stamp);
    if (!isEmpty(fields)) children.set(element, fields);
  }
  return { isMember: edits.stamp === stamp && above !== stamp, children };
}

/**
 * Reads an account of the version that a write of stamp `own` has made; undefined if it is none.
 * No field can have been changed later than the version was written.
 */
export function parseEdits(json: Json | undefined, own: string): EditTree | undefined {
  if (!isJsonObject(json) || lengthOf(json) > accountLengthMax) return undefined;
  const [by, machines] = [listIn(json, "by"), listIn(json, "on")];
  if (by === undefined || machines === undefined || by.length > editsMax) return undefined;
  const stampOf = (text: Json | undefined): string | undefined => {
    if (text === "") return own;
    const stamp = typeof text === "string" ? lengthened(text, machines) : undefined;
    return stamp !== undefined && stamp <= own ? stamp : undefined;
  };
  const base = stampOf(json["base"]);
  const groups = by.map((each) => groupOf(each, stampOf));
  const read = groups.filter((group) => group !== undefined);
  if (base === undefined || read.length < groups.length) return undefined;
  return read
    .toSorted((a, b) => (a.stamp < b.stamp ? -1 : 1))
    .reduce(
      (edits, { stamp, fields }) => (stamp < base ? edits : stamped(edits, fields, stamp)),
      wholeEdit(base),
    );
}

function listIn(json: JsonObject, member: string): readonly Json[] | undefined {
  const list = json[member];
  return Array.isArray(list) ? list : undefined;
}

interface Group {
  readonly stamp: string;
  readonly fields: FieldSet;
}

function groupOf(
  json: Json,
  stampOf: (text: Json | undefined) => string | undefined,
): Group | undefined {
  if (!Array.isArray(json)) return undefined;
  const [stamp, fields] = [stampOf(json[0]), parseFields(json[1])];
  return stamp === undefined || fields === undefined ? undefined : { stamp, fields };
}

function stamped(edits: EditTree, fields: FieldSet, stamp: string): EditTree {
  if (fields.isMember) return wholeEdit(stamp);
  const children = new Map(edits.children);
  for (const [element, child] of fields.children) {
    children.set(element, stamped(editsBelow(edits, element), child, stamp));
  }
  return editsWith(edits.stamp, children);
}
