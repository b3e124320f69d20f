/** Whether an object says what is expected of it, and no more is asked. */
import { isJsonObject, type Json } from "../../core/wire/src/index.ts";

/**
 * A value that must be equal, a pattern of a text, the members that an object must have among
 * others, or the items that a list must begin with. `undefined` is what must not be there.
 */
export type Likeness =
  | string
  | number
  | boolean
  | null
  | undefined
  | RegExp
  | readonly Likeness[]
  | { readonly [member: string]: Likeness };

/** The first place where a value is not as expected, in words; empty if there is none. */
export function unlike(value: Json | undefined, expected: Likeness, path = ""): string {
  if (expected instanceof RegExp) {
    const text = typeof value === "string" ? value : "";
    return expected.test(text) ? "" : told(path, value, String(expected));
  }
  if (isList(expected)) {
    if (!Array.isArray(value)) return told(path, value, "a list");
    const items: readonly Json[] = value;
    return firstOf(expected.map((item, index) => unlike(items[index], item, `${path}[${index}]`)));
  }
  if (typeof expected === "object" && expected !== null) {
    if (!isJsonObject(value)) return told(path, value, "an object");
    const members = Object.entries(expected);
    return firstOf(members.map(([name, each]) => unlike(value[name], each, `${path}.${name}`)));
  }
  return value === expected ? "" : told(path, value, JSON.stringify(expected));
}

function isList(expected: Likeness): expected is readonly Likeness[] {
  return Array.isArray(expected);
}

function firstOf(differences: readonly string[]): string {
  return differences.find((difference) => difference !== "") ?? "";
}

function told(path: string, value: Json | undefined, wanted: string | undefined): string {
  return `${path === "" ? "it" : path} is ${JSON.stringify(value)}, not ${wanted ?? "absent"}`;
}
