import type { Json } from "@beemesh/wire";
import { isJsonObject } from "@beemesh/wire";

/**
 * Readers for answers of the container engine: what is missing or of another type is read as
 * empty, for versions of the engine differ in what they leave out.
 */
export function valueAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}

/** The text there, or the empty text. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number there, or 0. */
export function numberAt(value: Json | undefined, ...path: readonly string[]): number {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : 0;
}

/** The list there, or the empty list. */
export function listAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Milliseconds since 1970 of a date such as `2026-11-20T10:42:48.343572539Z`; 0 for none. */
export function dateAt(value: Json | undefined, ...path: readonly string[]): number {
  const found = Date.parse(textAt(value, ...path).replace(/(\.\d{3})\d+/u, "$1"));
  // An engine written in Go says "never" with the year 1.
  return Number.isNaN(found) || found < 0 ? 0 : found;
}
