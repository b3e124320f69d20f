import {
  canonicalJson,
  isJsonObject,
  isPeerId,
  type Json,
  type JsonObject,
  type PeerId,
} from "@beemesh/wire";
import { isSignedBy, verifyingKeyOf } from "./signing-key.ts";

/** The peer ID form of the mesh's public key: whoever holds the key owns the mesh. */
export type MeshId = PeerId;

/**
 * What a key says of another key.
 *
 * - `member`: it belongs to a machine of the mesh.
 * - `delegate`: it may sign members, tokens and further delegates, within what it was given.
 * - `token`: it may sign members for a short time; it is carried by a join token.
 */
export type StatementKind = "member" | "delegate" | "token";

/** One statement of a certificate. Lists hold globs: `*` stands for any text. */
export interface Statement {
  readonly kind: StatementKind;
  readonly mesh: MeshId;
  /** The key that the statement is about. */
  readonly peer: PeerId;
  /** Who signs it: the mesh key, or a key of kind `delegate` or `token`. */
  readonly issuer: PeerId;
  /** What the issuer attests of the machine, such as its region. */
  readonly labels: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
  /** Namespaces whose objects the key may sign; `-` is what belongs to no namespace. */
  readonly namespaces: readonly string[];
  /** Milliseconds since 1970 by the issuer's clock. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Machines that may join with a token. */
  readonly usesMax?: number;
}

/** A statement as it was signed: `said` is kept as it came, so that nothing signed is lost. */
export interface SignedStatement {
  readonly statement: Statement;
  readonly said: Json;
  readonly signature: string;
}

/** The most labels, roles or namespaces of one statement. */
const listLengthMax = 64;

/** A label's key is a DNS prefix of 253 and a name of 63 characters, as in Kubernetes. */
const textLengthMax = 317;

/** The last instant that a Date can hold, ECMA-262 section 21.4.1.1. */
const instantMsMax = 8.64e15;

/** The text that is signed. Its first line keeps it apart from everything else that is signed. */
export function statementText(said: Json | Statement): string {
  return `beemesh/statement/1\n${canonicalJson(said)}`;
}

/** Whether the statement's issuer signed it. */
export function isSignedByIssuer({ statement, said, signature }: SignedStatement): boolean {
  const key = verifyingKeyOf(statement.issuer);
  return key !== undefined && isSignedBy(key, statementText(said), signature);
}

/** Reads a statement from outside; undefined if it is malformed or over a limit. */
export function readStatement(said: Json | undefined): Statement | undefined {
  if (!isJsonObject(said)) return undefined;
  const keys = readKeys(said);
  const grants = readGrants(said);
  const { notBeforeMs, notAfterMs, usesMax } = said;
  if (keys === undefined || grants === undefined) return undefined;
  if (!isInstant(notBeforeMs) || !isInstant(notAfterMs)) return undefined;
  const statement = { ...keys, ...grants, notBeforeMs, notAfterMs };
  if (usesMax === undefined) return statement;
  return isCount(usesMax) ? { ...statement, usesMax } : undefined;
}

function readKeys(
  said: JsonObject,
): Pick<Statement, "kind" | "mesh" | "peer" | "issuer"> | undefined {
  const { mesh, peer, issuer } = said;
  const kind = readKind(said["kind"]);
  if (kind === undefined) return undefined;
  if (!isPeerId(mesh) || !isPeerId(peer) || !isPeerId(issuer)) return undefined;
  return { kind, mesh, peer, issuer };
}

function readGrants(
  said: JsonObject,
): Pick<Statement, "labels" | "roles" | "namespaces"> | undefined {
  const labels = readLabels(said["labels"]);
  const roles = readList(said["roles"]);
  const namespaces = readList(said["namespaces"]);
  if (labels === undefined || roles === undefined || namespaces === undefined) return undefined;
  return { labels, roles, namespaces };
}

function isCount(value: Json): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function readKind(value: Json | undefined): StatementKind | undefined {
  return value === "member" || value === "delegate" || value === "token" ? value : undefined;
}

function isInstant(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0 && value <= instantMsMax;
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= textLengthMax;
}

function readList(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > listLengthMax) return undefined;
  return value.every(isShortText) ? value : undefined;
}

function readLabels(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const labels: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (!isShortText(key) || !isShortText(text)) return undefined;
    labels.push([key, text]);
  }
  return labels.length <= listLengthMax ? Object.fromEntries(labels) : undefined;
}
