import { canonicalJson, isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import { type ApiTrust, apiTrustOf } from "./api-trust.ts";
import {
  type Certificate,
  certificateBytesMax,
  certificateOf,
  type Issuer,
  issue,
} from "./certificate.ts";
import { type Grant, memberDraft } from "./mesh.ts";
import { SigningKey } from "./signing-key.ts";
import type { MeshId } from "./statement.ts";

/** What a token gives whoever joins with it. */
export interface TokenOptions extends Omit<Grant, "lifetimeMs"> {
  /** How long the token can be used, in milliseconds. Default: one hour. */
  readonly expiresMs?: number;
  /** Machines that may join. Each judge counts those it knows: a limit, not a guarantee. */
  readonly usesMax?: number;
  /** Where members can be reached, as multiaddresses with their `/p2p/`. */
  readonly addresses: readonly string[];
  /** What tells the joiner whose kubectl to believe; see {@link ApiTrust}. */
  readonly apiTrust?: ApiTrust;
}

/** A token that was read. */
export interface Token {
  readonly mesh: MeshId;
  readonly addresses: readonly string[];
  readonly chain: Certificate;
  readonly key: SigningKey;
  readonly apiTrust: ApiTrust | undefined;
}

/** Certificate chain, API authority and addresses, in base64url. */
const tokenLengthMax = 2 * certificateBytesMax;

/** More bootstrap addresses than this help nobody. */
const addressesMax = 32;

const hourMs = 3_600_000;

/**
 * Makes a join token: one line of text that holds everything a machine needs to join, with no
 * member online. It carries a signing key of its own, which the mesh key (or a delegate) allowed
 * to admit machines until `expiresMs` from now. The joiner signs its own membership with it, so
 * the chain is mesh key, token key, machine; the joiner's private key goes nowhere.
 *
 * **Whoever sees the token can join** as long as it is valid, as any number of machines up to
 * `usesMax` that each judge counts for itself, with the roles and namespaces of the token and no
 * more. Treat it as a password: short lives, few uses, narrow namespaces. It is not tied to one
 * machine and cannot be called back. Members refuse machines that they do not know once the
 * token is past its end and {@link tokenGraceMs}, even if their certificate is dated back to
 * when the token was good: so a leak that is found later opens nothing. Machines that joined in
 * time stay members: members know them, and they have been renewed by a delegate meanwhile.
 */
export function createToken(issuer: Issuer, options: TokenOptions, nowMs: number): string {
  const key = SigningKey.generate();
  const chain = issue(issuer, {
    kind: "token",
    peer: key.id,
    labels: options.labels ?? {},
    roles: options.roles ?? ["machine"],
    namespaces: options.namespaces ?? ["*"],
    notBeforeMs: nowMs,
    notAfterMs: nowMs + (options.expiresMs ?? hourMs),
    ...(options.usesMax === undefined ? {} : { usesMax: options.usesMax }),
  });
  const text = canonicalJson({
    version: 1,
    seed: Buffer.from(key.seed()).toString("base64url"),
    chain: chain.map(({ said, signature }) => ({ said, signature })),
    addresses: options.addresses,
    apiTrust: options.apiTrust,
  });
  return Buffer.from(text).toString("base64url");
}

/** Reads a token; undefined if the text is none. Who it is of shows only when it is used. */
export function readToken(text: string): Token | undefined {
  if (!/^[A-Za-z0-9_-]+$/u.test(text) || text.length > tokenLengthMax) return undefined;
  const json = parseJson(Buffer.from(text, "base64url").toString());
  return isJsonObject(json) && json["version"] === 1 ? tokenOf(json) : undefined;
}

function tokenOf(json: JsonObject): Token | undefined {
  const chain = certificateOf(json["chain"]);
  const own = chain?.at(-1)?.statement;
  const key = readSeed(json["seed"]);
  const addresses = readAddresses(json["addresses"]);
  if (chain === undefined || own === undefined || addresses === undefined) return undefined;
  if (own.kind !== "token" || key?.id !== own.peer) return undefined;
  const apiTrust = apiTrustOf(json["apiTrust"]);
  if (apiTrust !== undefined && apiTrust.mesh !== own.mesh) return undefined;
  return { mesh: own.mesh, addresses, chain, key, apiTrust };
}

/**
 * The membership certificate of a machine that joins with a token, with all that the token
 * grants. Its time is kept within the token's, so the joiner's clock may be wrong by any amount.
 */
export function joinWithToken(token: Token, peer: string, nowMs: number): Certificate {
  const own = token.chain.at(-1)?.statement;
  const fromMs = Math.min(Math.max(nowMs, own?.notBeforeMs ?? 0), own?.notAfterMs ?? 0);
  const issuer: Issuer = { mesh: token.mesh, signer: token.key, chain: token.chain };
  const { labels = {}, roles = [], namespaces = [] } = own ?? {};
  return issue(issuer, memberDraft(peer, { labels, roles, namespaces }, fromMs));
}

function readSeed(value: Json | undefined): SigningKey | undefined {
  if (typeof value !== "string") return undefined;
  const seed = Buffer.from(value, "base64url");
  return seed.length === 32 ? SigningKey.fromSeed(seed) : undefined;
}

function readAddresses(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > addressesMax) return undefined;
  const isAddress = (item: unknown): item is string =>
    typeof item === "string" && item.startsWith("/") && item.length <= 512;
  return value.every(isAddress) ? value : undefined;
}
