import { hash, type KeyObject } from "node:crypto";
import { type Introductions, messageBytesMax, type Verifier } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import { type Certificate, faultOf, readCertificate } from "./certificate.ts";
import { globMatches } from "./glob.ts";
import { isSignedBy, verifyingKeyOf } from "./signing-key.ts";
import type { MeshId, Statement } from "./statement.ts";

/** What became of a certificate that a peer showed. */
export type Admission =
  | { readonly kind: "admitted"; readonly member: Statement }
  | { readonly kind: "refused"; readonly reason: string };

export interface MemberDirectoryOptions {
  readonly mesh: MeshId;
  /** The mesh's time, in milliseconds since 1970, as this machine knows it. */
  readonly nowMs: () => number;
  /** Told when a member was added, or its certificate renewed: keep the certificates on disk. */
  readonly onChange?: () => void;
}

/**
 * How long after a token's end a machine that joined with it may still show itself to a member
 * for the first time: enough to reach everybody, or to be renewed, after joining at the end.
 */
export const tokenGraceMs = 7 * 24 * 3_600_000;

/** The most members that are kept: ten times the mesh of the largest test, some 20 MB. */
const membersMax = 20_000;

/** Signatures that were found good and are not checked again: one record comes from many peers. */
const seenMax = 4096;

interface Member {
  readonly statement: Statement;
  readonly certificate: string;
  readonly key: KeyObject;
  /** The key of the token it joined with, to count the token's uses. */
  readonly token: PeerId | undefined;
}

/**
 * The members that have shown their certificate. It knows no revocation: who was once admitted
 * stays, until its certificate and the grace have ended.
 */
export class MemberDirectory implements Verifier, Introductions {
  readonly #options: MemberDirectoryOptions;
  readonly #members = new Map<PeerId, Member>();
  readonly #seen = new Set<string>();

  constructor(options: MemberDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Judges a certificate and remembers its machine.
   *
   * @param certificate - The text as it came.
   * @param presenter - Who showed it, as the connection proved; a certificate of another machine
   *   is then refused. Without it the certificate is judged alone, as when it is gossiped.
   */
  admit(certificate: string, presenter?: PeerId): Admission {
    const chain = readCertificate(certificate);
    const statement = chain?.at(-1)?.statement;
    if (chain === undefined || statement === undefined) return refused("malformed");
    if (presenter !== undefined && presenter !== statement.peer) {
      return refused("of another machine");
    }
    const known = this.#members.get(statement.peer);
    if (known?.certificate === certificate && this.#isCurrent(known)) return admitted(statement);
    const fault = this.#faultOf(chain, statement, known);
    if (fault !== undefined) return refused(fault);
    const admission = this.#remember(chain, statement, certificate);
    this.#options.onChange?.();
    return admission;
  }

  verify(text: string, signature: string, author: PeerId): boolean {
    const member = this.#members.get(author);
    if (member === undefined || text.length > messageBytesMax) return false;
    const seen = `${author} ${signature} ${hash("sha256", text, "base64url")}`;
    if (this.#seen.has(seen)) return true;
    if (!isSignedBy(member.key, text, signature)) return false;
    const [oldest] = this.#seen;
    if (this.#seen.size >= seenMax && oldest !== undefined) this.#seen.delete(oldest);
    this.#seen.add(seen);
    return true;
  }

  mayAuthor(author: PeerId, namespace: string): boolean {
    const globs = this.#members.get(author)?.statement.namespaces ?? [];
    return globs.some((glob) => globMatches(glob, namespace));
  }

  knows(peer: PeerId): boolean {
    return this.#members.has(peer);
  }

  certificateOf(peer: PeerId): string | undefined {
    return this.#members.get(peer)?.certificate;
  }

  introduce(certificate: string): boolean {
    const before = this.#members.size;
    this.admit(certificate);
    return this.#members.size > before;
  }

  /** What is certified of a member; undefined if it has shown nothing. */
  get(peer: PeerId): Statement | undefined {
    return this.#members.get(peer)?.statement;
  }

  /**
   * Remembers members of an earlier life, from this machine's own disk: who was admitted then is
   * known still, also if the token it joined with has ended since.
   */
  restore(certificates: Iterable<string>): void {
    for (const certificate of certificates) {
      const chain = readCertificate(certificate) ?? [];
      const statement = chain.at(-1)?.statement;
      if (statement?.kind !== "member" || this.#members.size >= membersMax) continue;
      if (faultOf(chain, this.#options.mesh, this.#options.nowMs()) !== undefined) continue;
      this.#remember(chain, statement, certificate);
    }
  }

  /** The certificates of all members: keep them on disk for {@link MemberDirectory.restore}. */
  certificates(): string[] {
    return [...this.#members.values()].map(({ certificate }) => certificate);
  }

  #isCurrent(known: Member): boolean {
    const chain = readCertificate(known.certificate) ?? [];
    return faultOf(chain, this.#options.mesh, this.#options.nowMs()) === undefined;
  }

  #faultOf(
    chain: Certificate,
    statement: Statement,
    known: Member | undefined,
  ): string | undefined {
    const nowMs = this.#options.nowMs();
    const fault = faultOf(chain, this.#options.mesh, nowMs);
    if (fault !== undefined) return fault;
    if (statement.kind !== "member") return "no membership";
    if (known !== undefined) return undefined;
    if (this.#members.size >= membersMax) return "directory full";
    const token = tokenOf(chain);
    if (token === undefined) return undefined;
    if (nowMs > token.notAfterMs + tokenGraceMs) return "token expired";
    return this.#usesOf(token.peer) >= (token.usesMax ?? membersMax) ? "token used up" : undefined;
  }

  #usesOf(token: PeerId): number {
    let uses = 0;
    for (const member of this.#members.values()) if (member.token === token) uses += 1;
    return uses;
  }

  #remember(chain: Certificate, statement: Statement, certificate: string): Admission {
    const known = this.#members.get(statement.peer);
    // The newer of two good certificates counts, whichever comes last.
    if (known !== undefined && known.statement.notBeforeMs > statement.notBeforeMs) {
      return admitted(known.statement);
    }
    const key = known?.key ?? verifyingKeyOf(statement.peer);
    if (key === undefined) return refused("names no key");
    const token = tokenOf(chain)?.peer ?? known?.token;
    this.#members.set(statement.peer, { statement, certificate, key, token });
    return admitted(statement);
  }
}

function tokenOf(chain: Certificate): Statement | undefined {
  return chain.find(({ statement }) => statement.kind === "token")?.statement;
}

function admitted(member: Statement): Admission {
  return { kind: "admitted", member };
}

function refused(reason: string): Admission {
  return { kind: "refused", reason };
}
