/**
 * Which versions a specification was written after. It tells what came later from what was
 * written at the same time elsewhere, as on the other side of a cut network.
 */
import { hashOf } from "@beemesh/base";
import { type Entry, isJsonObject, objectLimits, parseJson } from "@beemesh/wire";

/**
 * Versions that a specification names as written before it, newest first. Of a history that has
 * gone on for longer than this while the network was cut, nothing is taken for concurrent: then
 * the newer version holds alone. Eight names take some 150 bytes of a record.
 */
const ancestorsMax = 8;

/** Characters of a stamp that say when it was made. */
const momentLength = 12;

/** The member of a specification's body that names them. It is no part of the object. */
const member = "ancestors";

const namePattern = /^[0-9a-z]{16}$/u;

/** The body of a specification together with the versions that it was written after. */
export function withAncestors(body: string, parents: readonly Entry[]): string {
  const names = parents.flatMap((parent) => [nameOf(parent), ...ancestorsOf(parent)]);
  if (names.length === 0) return body;
  const newest = [...new Set(names)].toSorted((a, b) => (a > b ? -1 : 1)).slice(0, ancestorsMax);
  return `{${JSON.stringify(member)}:${JSON.stringify(newest)},${body.slice(1)}`;
}

/**
 * Whether it is certain that the author of `newer` did not know of `older`, an entry with the
 * same key: it names an ancestor from before `older`, and not `older` itself. Had it known of
 * it, it would have written on from there, for the newest version is what a machine holds.
 */
export function isConcurrent(older: Entry, newer: Entry): boolean {
  const ancestors = ancestorsOf(newer);
  const oldest = ancestors.at(-1);
  if (oldest === undefined || ancestors.includes(nameOf(older))) return false;
  return momentOf(older.stamp) > momentOf(oldest);
}

function ancestorsOf({ body }: Entry): readonly string[] {
  if (!body.startsWith(`{"${member}":`)) return [];
  const json = parseJson(body, objectLimits);
  const names = isJsonObject(json) ? json[member] : undefined;
  if (!Array.isArray(names) || names.length > ancestorsMax) return [];
  return names.filter((name) => typeof name === "string" && namePattern.test(name));
}

/** A version's name: its moment, and four characters of whose it is. */
function nameOf({ stamp, author }: Entry): string {
  const mark = (hashOf(author) % 36 ** 4).toString(36).padStart(4, "0");
  return momentOf(stamp) + mark;
}

function momentOf(text: string): string {
  return text.slice(0, momentLength);
}
