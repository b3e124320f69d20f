import { isJsonObject, type JsonLimits, parseJson } from "@beemesh/wire";

/**
 * What is told beside a descriptor of a socket that a machine hands to a sidecar. The text is one
 * line of JSON, and after its newline come bytes that the machine has read of the socket already.
 */
export type DescriptorTag =
  /** Answers `dial` or `dialExternal` of this id. */
  | { readonly kind: "dialed"; readonly id: number }
  /** Another sidecar's connection: TLS follows. */
  | { readonly kind: "incoming" };

/** Bytes of the tag and what was read; a first flight of TLS has some 500. */
export const descriptorBytesMax = 16 * 1024;

const tagLimits: JsonLimits = { lengthMax: 256, depthMax: 2 };

/** The tag's line, with its newline. */
export function descriptorLine(tag: DescriptorTag): string {
  return `${JSON.stringify(tag)}\n`;
}

/** Reads a tag's line without its newline; undefined if it is malformed. */
export function readDescriptorTag(line: string): DescriptorTag | undefined {
  const json = parseJson(line, tagLimits);
  if (!isJsonObject(json)) return undefined;
  const { kind, id } = json;
  if (kind === "incoming") return { kind };
  const isId = typeof id === "number" && Number.isSafeInteger(id) && id >= 0;
  return kind === "dialed" && isId ? { kind, id } : undefined;
}
