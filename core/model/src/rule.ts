import type { JsonObject } from "@beemesh/wire";
import { type Cause, duplicate } from "./cause.ts";

/** Says what is wrong with an object of one type whose fields have the right types. */
export type Rule = (object: JsonObject, path: string) => readonly Cause[];

/** Rules by the type whose objects they look at. */
export type Rules = Readonly<Record<string, Rule>>;

/** One place that holds a value which must be unlike those before it. */
export interface KeyedPlace {
  readonly key: string;
  readonly field: string;
  /** What to show; the key without it. */
  readonly value?: unknown;
}

/** A cause for each place whose key an earlier one has; places without a key are passed over. */
export function duplicates(places: readonly KeyedPlace[]): readonly Cause[] {
  const seen = new Set<string>();
  return places.flatMap(({ key, field, value }) => {
    if (key === "") return [];
    if (seen.has(key)) return [duplicate(field, value ?? key)];
    seen.add(key);
    return [];
  });
}
