import type { Signer } from "@beemesh/ports";
import { canonicalJson, isJsonObject, type Json, parseJson } from "@beemesh/wire";
import { globCovers } from "./glob.ts";
import {
  isSignedByIssuer,
  type MeshId,
  readStatement,
  type SignedStatement,
  type Statement,
  statementText,
} from "./statement.ts";

/**
 * A chain of statements: the first is signed by the mesh key, each later one by the key that the
 * one before it is about, and the last is about the machine.
 */
export type Certificate = readonly SignedStatement[];

/** Who may sign statements: a key, and the chain that gives it the right (none: the mesh key). */
export interface Issuer {
  readonly mesh: MeshId;
  readonly signer: Signer;
  readonly chain: Certificate;
}

/** What an issuer says; the rest of the statement follows from the issuer. */
export type StatementDraft = Omit<Statement, "mesh" | "issuer">;

/** Mesh key, delegate, token, machine: no mesh needs more than four keys in a row. */
const chainLengthMax = 3;

/** The longest text of a certificate: three statements with every list full are far shorter. */
export const certificateBytesMax = 16 * 1024;

/**
 * How long past its end a certificate still proves membership. A machine that was off for a year,
 * or whose clock (or the judge's) is more than a year off, is still let in, and then renews.
 */
export const graceMs = 800 * 24 * 3_600_000;

/** Signs a statement and gives the whole chain. */
export function issue(issuer: Issuer, draft: StatementDraft): Certificate {
  const statement = { ...draft, mesh: issuer.mesh, issuer: issuer.signer.id };
  const said: Json = JSON.parse(canonicalJson(statement));
  const signature = issuer.signer.sign(statementText(said));
  return [...issuer.chain, { statement, said, signature }];
}

/** The text that travels. */
export function writeCertificate(certificate: Certificate): string {
  return canonicalJson(certificate.map(({ said, signature }) => ({ said, signature })));
}

/** Reads the text that travelled; undefined if it is malformed or over a limit. */
export function readCertificate(text: string): Certificate | undefined {
  return certificateOf(parseJson(text, { lengthMax: certificateBytesMax, depthMax: 8 }));
}

/** Reads a certificate that came inside other JSON. */
export function certificateOf(value: Json | undefined): Certificate | undefined {
  if (!Array.isArray(value) || value.length > chainLengthMax) return undefined;
  const chain: SignedStatement[] = [];
  for (const item of value) {
    const signed = readSigned(item);
    if (signed === undefined) return undefined;
    chain.push(signed);
  }
  return chain;
}

/**
 * Why a certificate proves nothing at `nowMs` (the judge's time in the mesh); undefined if it is
 * good. A delegation must have held, with the same grace, when the statement under it was made; a
 * token must have held exactly, for who joins takes the time from the token and not from a clock.
 */
export function faultOf(certificate: Certificate, mesh: MeshId, nowMs: number): string | undefined {
  let issuer: Statement | undefined;
  for (const signed of certificate) {
    const fault = stepFault(signed, issuer, mesh);
    if (fault !== undefined) return fault;
    issuer = signed.statement;
  }
  if (issuer === undefined) return "empty";
  return nowMs > issuer.notAfterMs + graceMs ? "expired" : undefined;
}

function stepFault(
  signed: SignedStatement,
  issuer: Statement | undefined,
  mesh: MeshId,
): string | undefined {
  const { statement } = signed;
  if (statement.mesh !== mesh) return "of another mesh";
  if (statement.issuer !== (issuer?.peer ?? mesh)) return "chain broken";
  if (statement.notAfterMs < statement.notBeforeMs) return "ends before it begins";
  if (issuer !== undefined) {
    const fault = grantFault(statement, issuer);
    if (fault !== undefined) return fault;
  }
  return isSignedByIssuer(signed) ? undefined : "signature wrong";
}

/** Why `issuer` may not say `statement`. */
function grantFault(statement: Statement, issuer: Statement): string | undefined {
  if (issuer.kind === "member") return "issuer may not admit";
  if (issuer.kind === "token" && statement.kind !== "member") return "token may only admit";
  const slackMs = issuer.kind === "token" ? 0 : graceMs;
  const { notBeforeMs } = statement;
  if (notBeforeMs < issuer.notBeforeMs - slackMs) return "issuer had no right yet";
  if (notBeforeMs > issuer.notAfterMs + slackMs) return "issuer had no right any more";
  if (!within(statement.roles, issuer.roles)) return "role not granted";
  if (!within(statement.namespaces, issuer.namespaces)) return "namespace not granted";
  if (issuer.kind === "token" && !labelsWithin(statement, issuer)) return "label not granted";
  return undefined;
}

function within(asked: readonly string[], granted: readonly string[]): boolean {
  return asked.every((narrow) => granted.some((wide) => globCovers(wide, narrow)));
}

/** With a token the machine signs for itself: it may attest only what the token attests. */
function labelsWithin(asked: Statement, granted: Statement): boolean {
  return Object.entries(asked.labels).every(([key, text]) => granted.labels[key] === text);
}

function readSigned(value: Json): SignedStatement | undefined {
  if (!isJsonObject(value)) return undefined;
  const { said, signature } = value;
  const statement = readStatement(said);
  if (said === undefined || statement === undefined) return undefined;
  return typeof signature === "string" ? { statement, said, signature } : undefined;
}
