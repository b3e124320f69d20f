import type { CollectionId } from "@beemesh/wire";

/** What the name of a collection says: resource, group, and a namespace or `-`. */
export function resourceIn(collection: CollectionId): {
  readonly group: string;
  readonly name: string;
  readonly place: string;
} {
  const [qualified = "", place = ""] = collection.split("/");
  const dot = qualified.indexOf(".");
  if (dot < 0) return { name: qualified, group: "", place };
  return { name: qualified.slice(0, dot), group: qualified.slice(dot + 1), place };
}
