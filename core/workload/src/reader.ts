import type { Json } from "@beemesh/wire";

/** Longest text that one field of a message holds: a reason for people, or a key. */
const textLengthMax = 1024;

/** Names are those of Kubernetes and DNS, addresses those of IP. */
const namePattern = /^[A-Za-z0-9_:.*-]{1,253}$/u;

/** Text of a bounded length, or undefined. */
export function textOf(json: Json | undefined): string | undefined {
  return typeof json === "string" && json.length <= textLengthMax ? json : undefined;
}

/** A name, a uid or an address, or undefined. */
export function nameOf(json: Json | undefined): string | undefined {
  return typeof json === "string" && namePattern.test(json) ? json : undefined;
}

/** Whether a value is the number of a port. */
export function isPort(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 1 && json <= 65_535;
}

/** A list whose every item can be read, or undefined. */
export function listOf<T>(
  json: Json | undefined,
  countMax: number,
  read: (item: Json) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(json) || json.length > countMax) return undefined;
  const items: T[] = [];
  for (const item of json) {
    const value = read(item);
    if (value === undefined) return undefined;
    items.push(value);
  }
  return items;
}
