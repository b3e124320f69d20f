import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** Whether a value from outside is an `Item`. */
export type Check<Item extends Json> = (value: Json | undefined) => value is Item;

/** Text of a length from 0 to `lengthMax`. */
export function text(lengthMax: number): Check<string> {
  return (value): value is string => typeof value === "string" && value.length <= lengthMax;
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Check<Word> {
  return (value): value is Word => words.some((word) => word === value);
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number): Check<number> {
  return (value): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

/** A number from 0 to 1. */
export function share(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

/** True or false. */
export function flag(value: Json | undefined): value is boolean {
  return typeof value === "boolean";
}

/** A list of `countMin` to `countMax` items. */
export function list<Item extends Json>(
  item: Check<Item>,
  countMax: number,
  countMin = 0,
): Check<readonly Item[]> {
  return (value): value is readonly Item[] =>
    Array.isArray(value) &&
    value.length >= countMin &&
    value.length <= countMax &&
    value.every((element) => item(element));
}

/** An object used as a map, of at most `countMax` members. */
export function record<Item extends Json>(
  item: Check<Item>,
  countMax: number,
): Check<Readonly<Record<string, Item>>> {
  return (value): value is Readonly<Record<string, Item>> => {
    if (!isJsonObject(value)) return false;
    const members = Object.entries(value);
    return (
      members.length <= countMax &&
      members.every(([name, member]) => name.length <= nameLengthMax && item(member))
    );
  };
}

/** The longest label key: a DNS name, a slash, and 63 characters. */
const nameLengthMax = 317;

/** Members that an object must have, and members that it may have; it may have no others. */
export function shaped(
  value: Json | undefined,
  required: Readonly<Record<string, (member: Json | undefined) => boolean>>,
  optional: Readonly<Record<string, (member: Json | undefined) => boolean>> = {},
): value is JsonObject {
  if (!isJsonObject(value)) return false;
  for (const [name, check] of Object.entries(required)) if (!check(value[name])) return false;
  return Object.keys(value).every((name) => {
    if (Object.hasOwn(required, name)) return true;
    return Object.hasOwn(optional, name) && optional[name]?.(value[name]) === true;
  });
}
