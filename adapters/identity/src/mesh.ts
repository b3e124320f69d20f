import type { Signer } from "@beemesh/ports";
import { type Certificate, type Issuer, issue, type StatementDraft } from "./certificate.ts";
import { SigningKey } from "./signing-key.ts";
import type { MeshId, Statement } from "./statement.ts";

/** What a machine or a delegate is given. The defaults suit a mesh of one owner. */
export interface Grant {
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: `["machine"]` for members, `["*"]` for delegates. */
  readonly roles?: readonly string[];
  /** Namespaces whose objects it may sign. Default: all, `["*"]`. */
  readonly namespaces?: readonly string[];
  /** Default: a year for members, ten years for delegates. */
  readonly lifetimeMs?: number;
}

const yearMs = 365 * 24 * 3_600_000;

/**
 * Makes a mesh: a key, whose peer ID is the ID of the mesh. Its holder owns the mesh. Keep it
 * offline if you like: nothing needs it but new delegates and, without delegates, new tokens.
 */
export function createMesh(): { readonly id: MeshId; readonly key: SigningKey } {
  const key = SigningKey.generate();
  return { id: key.id, key };
}

/** The owner as an issuer. */
export function ownerOf(meshKey: Signer): Issuer {
  return { mesh: meshKey.id, signer: meshKey, chain: [] };
}

/** Lets `peer` sign members, tokens and delegates; its key then acts by {@link delegateOf}. */
export function delegate(issuer: Issuer, peer: string, grant: Grant, nowMs: number): Certificate {
  return issue(issuer, {
    kind: "delegate",
    peer,
    labels: grant.labels ?? {},
    roles: grant.roles ?? ["*"],
    namespaces: grant.namespaces ?? ["*"],
    notBeforeMs: nowMs,
    notAfterMs: nowMs + (grant.lifetimeMs ?? 10 * yearMs),
  });
}

/** A delegate as an issuer: its key, and the certificate that {@link delegate} gave it. */
export function delegateOf(signer: Signer, chain: Certificate): Issuer | undefined {
  const own = chain.at(-1)?.statement;
  if (own === undefined || own.peer !== signer.id) return undefined;
  return own.kind === "delegate" ? { mesh: own.mesh, signer, chain } : undefined;
}

/** Makes `peer` a member. */
export function admitMember(
  issuer: Issuer,
  peer: string,
  grant: Grant,
  nowMs: number,
): Certificate {
  return issue(issuer, memberDraft(peer, grant, nowMs));
}

/** What a membership statement says. */
export function memberDraft(peer: string, grant: Grant, nowMs: number): StatementDraft {
  return {
    kind: "member",
    peer,
    labels: grant.labels ?? {},
    roles: grant.roles ?? ["machine"],
    namespaces: grant.namespaces ?? ["*"],
    notBeforeMs: nowMs,
    notAfterMs: nowMs + (grant.lifetimeMs ?? yearMs),
  };
}

/**
 * A fresh certificate for a member whose present one was verified, with the same labels, roles
 * and namespaces. The issuer signs only what it was itself granted; else the result is refused.
 */
export function renew(issuer: Issuer, member: Statement, nowMs: number): Certificate {
  const { labels, roles, namespaces } = member;
  return issue(issuer, memberDraft(member.peer, { labels, roles, namespaces }, nowMs));
}

/**
 * Whether a member should ask for renewal now: half of its time has passed, or its certificate
 * still hangs on a join token, which machines that do not know it will soon refuse.
 */
export function isRenewalDue(certificate: Certificate, nowMs: number): boolean {
  const own = certificate.at(-1)?.statement;
  if (own === undefined) return true;
  if (certificate.some(({ statement }) => statement.kind === "token")) return true;
  return nowMs > (own.notBeforeMs + own.notAfterMs) / 2;
}
