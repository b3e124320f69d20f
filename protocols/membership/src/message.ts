import { isJsonObject, isPeerId, type Json, type JsonObject, type PeerId } from "@beemesh/wire";
import type { Member } from "./member.ts";

/** Statements in one message: at some 200 bytes each a message stays under 16 kB. */
export const recordsMax = 64;
/** Addresses of one machine that are passed on: interfaces, families, a relay or two. */
export const addressesMax = 16;
/** A multiaddr with a certificate hash and a relay's peer ID has some 250 characters. */
const addressLengthMax = 512;
/** Parts that a range of the ring is split into when two views are compared. */
export const partsCount = 16;
/** Times and ages: ten thousand years. */
const millisecondsMax = 315_360_000_000_000;

/** Full statements about machines, in the order id, incarnation, startedMs, state, addresses. */
export type Statement = readonly [
  id: PeerId,
  incarnation: number,
  startedMs: number,
  /** 0 alive, 1 dead, 2 left. */
  state: number,
  addresses: readonly string[],
];

/** The essence of a live member: id, incarnation, startedMs. */
export type Outline = readonly [id: PeerId, incarnation: number, startedMs: number];

/** A machine that is called dead, and in which incarnation. */
export type Claim = readonly [id: PeerId, incarnation: number];

/** Heartbeat: "I am alive, and this is the digest of my view". Sent most, so its keys are short. */
export interface Heartbeat {
  readonly k: "hb";
  /** Digest of the sender's live members, base 36. */
  readonly d: string;
  /** The sender's wall clock in milliseconds since 1970, and its uptime in milliseconds. */
  readonly w?: number;
  readonly u?: number;
  /** How many live members the sender knows: a greeting, to find out who should ask whom. */
  readonly n?: number;
  /** 1: answer at once. */
  readonly q?: 1;
}

export type MembershipMessage =
  | Heartbeat
  /** "Have you heard of machine `i` in the last `a` milliseconds? If not, ask it." */
  | { readonly k: "who"; readonly i: PeerId; readonly a: number }
  /** "I heard of machine `i`, `a` milliseconds ago." */
  | { readonly k: "heard"; readonly i: PeerId; readonly a: number }
  /** Full statements. `f`: 1 if the sender has just found this out itself. */
  | { readonly k: "news"; readonly m: readonly Statement[]; readonly f?: 1 }
  /** "You are called dead": only the named answer, with a higher incarnation. */
  | { readonly k: "dare"; readonly m: readonly Claim[] }
  /** Digests of the equal parts of the ring from `l` up to, not including, `h`. */
  | { readonly k: "tree"; readonly l: number; readonly h: number; readonly d: readonly string[] }
  /** All live members of the ring from `l` up to, not including, `h`. */
  | { readonly k: "view"; readonly l: number; readonly h: number; readonly m: readonly Outline[] }
  /** "Tell me all about these." */
  | { readonly k: "want"; readonly i: readonly PeerId[] };

const states = ["alive", "dead", "left"] as const;

/** The statement that stands for a member on the wire. Suspicion is private and not passed on. */
export function statementOf(member: Member): Statement {
  const { id, incarnation, startedMs, state } = member;
  const addresses = state === "alive" || state === "suspect" ? member.addresses : [];
  const code = state === "dead" ? 1 : state === "left" ? 2 : 0;
  return [id, incarnation, startedMs, code, addresses.slice(0, addressesMax)];
}

/** The member that a checked statement speaks of. */
export function memberOf([id, incarnation, startedMs, state, addresses]: Statement): Member {
  return { id, incarnation, startedMs, state: states[state] ?? "dead", addresses };
}

/** Reads a message of this protocol; undefined for anything that no honest peer sends. */
export function decodeMembershipMessage(json: Json): MembershipMessage | undefined {
  if (!isJsonObject(json) || typeof json["k"] !== "string") return undefined;
  return readers.get(json["k"])?.(json);
}

type Reader = (json: JsonObject) => MembershipMessage | undefined;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["hb", readHeartbeat],
  ["who", ({ i, a }) => (isPeerId(i) && isMilliseconds(a) ? { k: "who", i, a } : undefined)],
  ["heard", ({ i, a }) => (isPeerId(i) && isMilliseconds(a) ? { k: "heard", i, a } : undefined)],
  ["news", readNews],
  ["dare", ({ m }) => (isList(m, isClaim) ? { k: "dare", m } : undefined)],
  ["want", ({ i }) => (isList(i, isPeerId) ? { k: "want", i } : undefined)],
  ["tree", readRange],
  ["view", readRange],
]);

function readNews({ m, f }: JsonObject): MembershipMessage | undefined {
  return isList(m, isStatement) ? { k: "news", m, ...(f === 1 && { f }) } : undefined;
}

function readHeartbeat({ d, w, u, n, q }: JsonObject): Heartbeat | undefined {
  if (!isDigest(d)) return undefined;
  if (n !== undefined && !isCount(n)) return undefined;
  const extras = { ...(n !== undefined && { n }), ...(q === 1 && { q: 1 as const }) };
  if (w === undefined && u === undefined) return { k: "hb", d, ...extras };
  return isMilliseconds(w) && isMilliseconds(u) ? { k: "hb", d, w, u, ...extras } : undefined;
}

function readRange(json: JsonObject): MembershipMessage | undefined {
  const { l, h, d, m } = json;
  if (!isPosition(l) || !isPosition(h) || l >= h) return undefined;
  if (json["k"] === "view") return isList(m, isOutline) ? { k: "view", l, h, m } : undefined;
  return isList(d, isDigest) && d.length === partsCount ? { k: "tree", l, h, d } : undefined;
}

function isList<Item>(
  value: Json | undefined,
  isItem: (item: Json | undefined) => item is Item & Json,
): value is readonly (Item & Json)[] {
  return Array.isArray(value) && value.length <= recordsMax && value.every((item) => isItem(item));
}

function isStatement(value: Json | undefined): value is Statement {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [id, incarnation, startedMs, state, addresses] = value;
  return (
    isPeerId(id) &&
    isCount(incarnation) &&
    isMilliseconds(startedMs) &&
    (state === 0 || state === 1 || state === 2) &&
    Array.isArray(addresses) &&
    addresses.length <= addressesMax &&
    addresses.every((item) => typeof item === "string" && item.length <= addressLengthMax)
  );
}

function isOutline(value: Json | undefined): value is Outline {
  if (!Array.isArray(value) || value.length !== 3) return false;
  return isPeerId(value[0]) && isCount(value[1]) && isMilliseconds(value[2]);
}

function isClaim(value: Json | undefined): value is Claim {
  return Array.isArray(value) && value.length === 2 && isPeerId(value[0]) && isCount(value[1]);
}

function isDigest(value: Json | undefined): value is string {
  return typeof value === "string" && /^[0-9a-z]{1,7}$/u.test(value);
}

/** Incarnations stay far below 2^53, so that a machine can always go one higher. */
function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 48;
}

function isMilliseconds(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0 && value <= millisecondsMax;
}

function isPosition(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 2 ** 53;
}
