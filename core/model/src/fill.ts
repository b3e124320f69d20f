/** How the tables of defaults fill in what is missing. */
import type { JsonObject } from "@beemesh/wire";
import { isSet } from "./members.ts";

/** Makes an object of one type complete. */
export type Filler = (object: JsonObject) => JsonObject;

/** Sets the members that are not set; empty text counts as not set. */
export function filled(object: JsonObject, values: JsonObject): JsonObject {
  const missing = Object.entries(values).filter(
    ([member]) => !isSet(object[member]) || object[member] === "",
  );
  return missing.length === 0 ? object : { ...object, ...Object.fromEntries(missing) };
}

/** Sets the numbers that are not set; 0 counts as not set. */
export function positive(object: JsonObject, values: JsonObject): JsonObject {
  const missing = Object.entries(values).filter(
    ([member]) => !isSet(object[member]) || object[member] === 0,
  );
  return { ...object, ...Object.fromEntries(missing) };
}

/** A filler that sets these members where they are not set. */
export function fillerOf(values: JsonObject): Filler {
  return (object) => filled(object, values);
}

/** Whether an image names no version, or the moving one: such images are pulled each time. */
export function isLatest(image: string): boolean {
  if (image.includes("@")) return false;
  const [, tag = "latest"] = (image.split("/").at(-1) ?? "").split(":");
  return tag === "latest";
}
