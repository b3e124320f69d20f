import { type Entry, isJsonObject, parseJson } from "@beemesh/wire";

const uids = new WeakMap<Entry, { readonly uid: string | undefined }>();

/** The uid of the object that a specification holds; undefined for a tombstone. */
export function uidOf(spec: Entry): string | undefined {
  const known = uids.get(spec);
  if (known !== undefined) return known.uid;
  const uid = readUid(spec.body);
  uids.set(spec, { uid });
  return uid;
}

function readUid(body: string): string | undefined {
  const object = parseJson(body);
  if (!isJsonObject(object) || !isJsonObject(object["metadata"])) return undefined;
  const uid = object["metadata"]["uid"];
  return typeof uid === "string" ? uid : undefined;
}
