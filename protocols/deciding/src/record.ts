import { type CollectionId, isJsonObject, isStamp, type Json, type Stamp } from "@beemesh/wire";

/** One version of one part of a record, by the stamp that nobody gives twice. */
export interface RecordStamp {
  readonly collection: CollectionId;
  readonly name: string;
  /** `spec`, or `status:<uid>`. */
  readonly part: string;
  readonly stamp: Stamp;
}

/** Names a part of a record, whatever its version. */
export function recordKey({ collection, name, part }: Omit<RecordStamp, "stamp">): string {
  return `${collection}\n${name}\n${part}`;
}

/** Longer than any name of a collection, a record or a part. */
const textLengthMax = 512;

/** Reads a stamp of a record; undefined if it is none. */
export function recordStampOf(json: Json | undefined): RecordStamp | undefined {
  if (!isJsonObject(json)) return undefined;
  const { collection, name, part, stamp } = json;
  if (!isText(collection) || !isText(name) || !isText(part) || !isStamp(stamp)) return undefined;
  return { collection, name, part, stamp };
}

/** Whether two lists tell of the same versions of the same parts. */
export function isSameVersion(a: readonly RecordStamp[], b: readonly RecordStamp[]): boolean {
  if (a.length !== b.length) return false;
  const stamps = new Map(b.map((each) => [recordKey(each), each.stamp]));
  return a.every((each) => stamps.get(recordKey(each)) === each.stamp);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= textLengthMax;
}
