import type { Json } from "@beemesh/wire";

/**
 * Reads a list from outside.
 *
 * @param read - Gives undefined for an item that is none.
 * @returns The items, or undefined if it is no list, too long, or one of its items is none.
 */
export function listOf<Value>(
  list: Json | undefined,
  lengthMax: number,
  read: (item: Json) => Value | undefined,
): Value[] | undefined {
  if (!Array.isArray(list) || list.length > lengthMax) return undefined;
  const items: Value[] = [];
  for (const each of list) {
    const item = read(each);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
