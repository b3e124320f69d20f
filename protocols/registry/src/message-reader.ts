import {
  type CollectionId,
  type Entry,
  isJsonObject,
  isPeerId,
  isStamp,
  type Json,
  type JsonObject,
  type PeerId,
} from "@beemesh/wire";
import {
  bodyLengthMax,
  certificateLengthMax,
  certificatesPerMessageMax,
  entriesPerMessageMax,
  itemsPerMessageMax,
} from "./limits.ts";
import type {
  FeedPosition,
  Item,
  RangeList,
  RangeSum,
  RegistryMessage,
  ScopeSum,
} from "./message.ts";

const collectionPattern = /^[a-z0-9][a-z0-9.-]{0,252}\/(?:-|[a-z0-9][a-z0-9-]{0,62})$/u;
/** What Kubernetes allows as a segment of a path; roles have colons in their names. */
const namePattern = /^[^\p{C}\s/%~]{1,253}$/u;
const partPattern = /^(?:spec|status:[A-Za-z0-9-]{1,64})$/u;
const signaturePattern = /^[A-Za-z0-9_-]{1,128}$/u;
const rangePattern = /^[0-9a-f]{0,13}$/u;
const versionPattern = /^[0-9a-z]{16}$/u;

/** Whether text names a collection. */
export function isCollectionId(text: unknown): text is CollectionId {
  return typeof text === "string" && collectionPattern.test(text);
}

/** Whether text can be the name of a record. */
export function isRecordName(text: string): boolean {
  return namePattern.test(text);
}

/**
 * Reads a message from a peer.
 *
 * @returns The message, or undefined if it is none that an honest peer sends.
 */
export function decodeRegistryMessage(json: Json): RegistryMessage | undefined {
  if (!isJsonObject(json)) return undefined;
  const k = json["k"];
  if (typeof k !== "string" || !Object.hasOwn(readers, k)) return undefined;
  return readers[k]?.(json);
}

const readers: Readonly<Record<string, (json: JsonObject) => RegistryMessage | undefined>> = {
  "r.put": ({ e }) => entriesMessage("r.put", e),
  "r.give": ({ e }) => entriesMessage("r.give", e),
  "r.ack": ({ i }) => {
    const ids = listOf(i, wholeNumber);
    return ids && { k: "r.ack", i: ids };
  },
  "r.offer": ({ c, i }) => {
    const offered = listOf(i, offerOf);
    return offered && isCollectionId(c) ? { k: "r.offer", c, i: offered } : undefined;
  },
  "r.want": ({ c, i }) => {
    const positions = listOf(i, wholeNumber);
    return positions && isCollectionId(c) ? { k: "r.want", c, i: positions } : undefined;
  },
  "r.sum": ({ t, g, a }) => {
    const wallMs = wholeNumber(t);
    const groups = listOf(g, rangeSumOf);
    if (groups === undefined || wallMs === undefined || typeof a !== "boolean") return undefined;
    return { k: "r.sum", t: wallMs, g: groups, a };
  },
  "r.scopes": ({ p, c }) => {
    const scopes = listOf(c, scopeSumOf);
    return scopes && isRange(p) ? { k: "r.scopes", p, c: scopes } : undefined;
  },
  "r.range": ({ c, r, l }) => {
    const ranges = listOf(r, rangeSumOf);
    const lists = listOf(l, rangeListOf);
    return ranges && lists && isScope(c) ? { k: "r.range", c, r: ranges, l: lists } : undefined;
  },
  "r.sub": (json) => {
    const place = placeOf(json);
    return place && { k: "r.sub", ...place };
  },
  "r.unsub": ({ c }) => (isCollectionId(c) ? { k: "r.unsub", c } : undefined),
  "r.change": (json) => {
    const place = placeOf(json);
    const until = wholeNumber(json["t"]);
    const entries = listOf(json["x"], entryOf, entriesPerMessageMax);
    if (place === undefined || until === undefined || entries === undefined) return undefined;
    if (entries.length > until - place.s) return undefined;
    return { k: "r.change", ...place, t: until, x: entries };
  },
  "r.start": (json) => {
    const place = placeOf(json);
    return place && { k: "r.start", ...place };
  },
  "r.who": ({ a }) => {
    const authors = listOf(a, peerOf, certificatesPerMessageMax);
    return authors && { k: "r.who", a: authors };
  },
  "r.intro": ({ x }) => {
    const certificates = listOf(x, certificateOf, certificatesPerMessageMax);
    return certificates && { k: "r.intro", x: certificates };
  },
  "r.not-kept": ({ c }) => (isCollectionId(c) ? { k: "r.not-kept", c } : undefined),
};

/** A position in a keeper's log of a collection, and a fingerprint of it. */
function placeOf({ c, e, s, f, n }: JsonObject): FeedPosition | undefined {
  if (!isCollectionId(c)) return undefined;
  const [epoch, position, sum, count] = [e, s, f, n].map(wholeNumber);
  if (epoch === undefined || position === undefined) return undefined;
  if (sum === undefined || count === undefined) return undefined;
  return { c, e: epoch, s: position, f: sum, n: count };
}

function entriesMessage(k: "r.put" | "r.give", e: Json | undefined): RegistryMessage | undefined {
  const entries = listOf(e, entryOf, entriesPerMessageMax);
  return entries && { k, e: entries };
}

/** An entry of the right form; whether it may be believed is for the inspection to say. */
export function entryOf(json: Json | undefined): Entry | undefined {
  if (!isJsonObject(json)) return undefined;
  const { collection, name, part, stamp, author, body, signature } = json;
  if (!isCollectionId(collection) || typeof name !== "string" || !isRecordName(name)) {
    return undefined;
  }
  if (!isPart(part) || !isStamp(stamp) || !isPeerId(author)) return undefined;
  if (typeof body !== "string" || body.length > bodyLengthMax) return undefined;
  if (typeof signature !== "string" || !signaturePattern.test(signature)) return undefined;
  return { collection, name, part, stamp, author, body, signature };
}

function isPart(text: unknown): text is Entry["part"] {
  return typeof text === "string" && partPattern.test(text);
}

function isRange(text: unknown): text is string {
  return typeof text === "string" && rangePattern.test(text);
}

function isScope(text: unknown): text is string {
  if (typeof text !== "string") return false;
  const [collection, peer, ...rest] = text.split("~");
  return isCollectionId(collection) && (peer === undefined || isPeerId(peer)) && rest.length === 0;
}

function peerOf(json: Json | undefined): PeerId | undefined {
  return isPeerId(json) ? json : undefined;
}

/** Text that may be a certificate; whether it is one is for the introductions to say. */
function certificateOf(json: Json | undefined): string | undefined {
  return typeof json === "string" && json.length <= certificateLengthMax ? json : undefined;
}

function wholeNumber(json: Json | undefined): number | undefined {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0 ? json : undefined;
}

/** A list of at most `lengthMax` items that `read` accepts, every one. */
function listOf<Value>(
  json: Json | undefined,
  read: (json: Json | undefined) => Value | undefined,
  lengthMax = itemsPerMessageMax,
): Value[] | undefined {
  if (!Array.isArray(json) || json.length > lengthMax) return undefined;
  const items: Value[] = [];
  for (const each of json) {
    const item = read(each);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function offerOf(json: Json | undefined): readonly [number, string, number] | undefined {
  const [item, id] = [itemOf(json), wholeNumber(Array.isArray(json) ? json[2] : undefined)];
  return item && id !== undefined ? [...item, id] : undefined;
}

function itemOf(json: Json | undefined): Item | undefined {
  if (!Array.isArray(json)) return undefined;
  const position = wholeNumber(json[0]);
  const version: unknown = json[1];
  if (typeof version !== "string" || !versionPattern.test(version)) return undefined;
  return position === undefined ? undefined : [position, version];
}

function sumOf(json: Json | undefined): readonly [unknown, number, number] | undefined {
  if (!Array.isArray(json)) return undefined;
  const [sum, count] = [wholeNumber(json[1]), wholeNumber(json[2])];
  return sum === undefined || count === undefined ? undefined : [json[0], sum, count];
}

function rangeSumOf(json: Json | undefined): RangeSum | undefined {
  const [range, sum = 0, count = 0] = sumOf(json) ?? [];
  return isRange(range) ? [range, sum, count] : undefined;
}

function scopeSumOf(json: Json | undefined): ScopeSum | undefined {
  const [scope, sum = 0, count = 0] = sumOf(json) ?? [];
  return isScope(scope) ? [scope, sum, count] : undefined;
}

function rangeListOf(json: Json | undefined): RangeList | undefined {
  if (!Array.isArray(json) || !isRange(json[0])) return undefined;
  const items = listOf(json[1], itemOf);
  return items && [json[0], items];
}
