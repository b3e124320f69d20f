/**
 * Tokens of ServiceAccounts: what they say, and when they are still good.
 *
 * The machine that issues one signs it; every machine checks it by the membership of the signer,
 * and then by its own records: the account, and the pod that it was made for, must be there still.
 * A machine that does not hold those records believes no token.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 * #bound-service-account-tokens; RFC 7519.
 */
import type { Now } from "@beemesh/base";
import { findResource, type KubeObject, parseTime } from "@beemesh/model";
import type { ObjectStore, TokenAuthority, User } from "@beemesh/ports";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, numberAt, textAt } from "../field.ts";
import { accountGroups } from "./impersonation.ts";
import { accountUser, type Knows } from "./role-book.ts";

/** Who issues tokens, as their `iss`; what a pod calls the API of its own machine by. */
export const tokenIssuer = "https://kubernetes.default.svc.cluster.local";

/** Ten minutes, as kube-apiserver has it. */
export const lifetimeSecondsMin = 600;
/** A year: a token ends sooner only with what it is bound to. */
const lifetimeSecondsMax = 365 * 24 * 3600;
const lifetimeSecondsDefault = 3600;

/** Clocks of one mesh differ by so much at most. */
const slackSeconds = 300;

/** A pod that is being deleted is believed so long after its grace, as by kube-apiserver. */
const goneSlackMs = 60_000;

export interface TokenContext {
  readonly store: ObjectStore;
  readonly knows: Knows;
  readonly tokens: TokenAuthority;
  readonly makeUid: () => string;
}

/** What a token is to be bound to besides its account: it is void when that is gone. */
export interface TokenBond {
  readonly kind: "Pod" | "Secret" | "Node";
  readonly object: KubeObject;
}

export interface TokenWish {
  readonly account: KubeObject;
  /** Empty for the API itself. */
  readonly audiences: readonly string[];
  readonly expirationSeconds?: number | undefined;
  readonly bond?: TokenBond | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresMs: number;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/** Makes a token. What it is bound to was found by the caller. */
export function issueToken(context: TokenContext, wish: TokenWish, now: Now): IssuedToken {
  const { metadata } = wish.account;
  const { namespace = "", name, uid = "" } = metadata;
  const audiences = wish.audiences.length === 0 ? [tokenIssuer] : wish.audiences;
  const expirationSeconds = Math.min(
    Math.max(wish.expirationSeconds ?? lifetimeSecondsDefault, lifetimeSecondsMin),
    lifetimeSecondsMax,
  );
  const nowSeconds = Math.floor(now.wallMs / 1000);
  const claims: JsonObject = {
    aud: [...audiences],
    exp: nowSeconds + expirationSeconds,
    iat: nowSeconds,
    iss: tokenIssuer,
    jti: context.makeUid(),
    "kubernetes.io": { namespace, ...bondOf(wish.bond), serviceaccount: { name, uid } },
    nbf: nowSeconds,
    sub: accountUser(namespace, name),
  };
  const token = context.tokens.sign(claims);
  return {
    token,
    audiences,
    expirationSeconds,
    expiresMs: (nowSeconds + expirationSeconds) * 1000,
  };
}

function bondOf(bond: TokenBond | undefined): JsonObject {
  if (bond === undefined) return {};
  const { name, uid = "" } = bond.object.metadata;
  const node = bond.kind === "Pod" ? textAt(bond.object, "spec", "nodeName") : "";
  return {
    [bond.kind.toLowerCase()]: { name, uid },
    ...(node !== "" && { node: { name: node } }),
  };
}

/** Whom a token stands for, or why for nobody. */
export type Verdict =
  | { readonly ok: true; readonly user: User; readonly audiences: readonly string[] }
  | { readonly ok: false; readonly fault: string };

/**
 * Judges a token.
 *
 * @param audiences - Of these the token must have one; empty for the API itself.
 */
export function judgeToken(
  context: TokenContext,
  token: string,
  audiences: readonly string[],
  now: Now,
): Verdict {
  const opened = context.tokens.open(token);
  if (opened === undefined) return fault("the token is not signed by a member of the mesh");
  const { claims } = opened;
  const shared = sharedAudiences(claims, audiences.length === 0 ? [tokenIssuer] : audiences);
  const problem =
    timeFault(claims, now) ??
    (shared.length === 0 ? "the token is for other audiences" : recordFault(context, claims, now));
  if (problem !== undefined) return fault(problem);
  return { ok: true, user: userOf(claims), audiences: shared };
}

function fault(text: string): Verdict {
  return { ok: false, fault: text };
}

function sharedAudiences(claims: JsonObject, wanted: readonly string[]): readonly string[] {
  const { aud } = claims;
  const own: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return wanted.filter((audience) => own.includes(audience));
}

function timeFault(claims: JsonObject, { wallMs }: Now): string | undefined {
  const nowSeconds = wallMs / 1000;
  if (textAt(claims, "iss") !== tokenIssuer) return "the token is of another issuer";
  if (typeof claims["exp"] !== "number" || nowSeconds >= claims["exp"]) {
    return "the token has expired";
  }
  const begins = Math.max(numberAt(claims, "nbf"), numberAt(claims, "iat"));
  return nowSeconds < begins - slackSeconds ? "the token is not valid yet" : undefined;
}

/** Why the records say that a token is void: what it is bound to is not there any more. */
function recordFault(
  { store, knows }: TokenContext,
  claims: JsonObject,
  now: Now,
): string | undefined {
  const said = fieldAt(claims, "kubernetes.io");
  const namespace = textAt(said, "namespace");
  const account = textAt(said, "serviceaccount", "name");
  if (textAt(claims, "sub") !== accountUser(namespace, account)) return "the token is malformed";
  const bonds = [
    ["serviceaccounts", "serviceaccount", namespace],
    ["pods", "pod", namespace],
    ["secrets", "secret", namespace],
    // A pod's token tells where the pod runs; only one of its own is bound to its node.
    ...(fieldAt(said, "pod") === undefined ? [["nodes", "node", ""] as const] : []),
  ] as const;
  for (const [plural, member, home] of bonds) {
    if (fieldAt(said, member) === undefined) continue;
    const resource = findResource("", plural);
    if (resource === undefined || !knows(resource, home)) {
      return `the ${plural} that the token is bound to are not all on this machine yet`;
    }
    const object = store.get(resource, home, textAt(said, member, "name"));
    const isSame = object !== undefined && object.metadata.uid === textAt(said, member, "uid");
    if (!isSame || isGone(object, now)) return `the ${member} that the token is bound to is gone`;
  }
  return undefined;
}

function isGone({ metadata }: KubeObject, { wallMs }: Now): boolean {
  const { deletionTimestamp } = metadata;
  if (deletionTimestamp === undefined) return false;
  return wallMs > (parseTime(deletionTimestamp) ?? 0) + goneSlackMs;
}

function userOf(claims: JsonObject): User {
  const said = fieldAt(claims, "kubernetes.io");
  const namespace = textAt(said, "namespace");
  const extra: Record<string, readonly string[]> = {};
  const jti = textAt(claims, "jti");
  if (jti !== "") extra["authentication.kubernetes.io/credential-id"] = [`JTI=${jti}`];
  for (const member of ["pod", "node"]) {
    for (const part of ["name", "uid"]) {
      const text = textAt(said, member, part);
      if (text !== "") extra[`authentication.kubernetes.io/${member}-${part}`] = [text];
    }
  }
  return {
    name: accountUser(namespace, textAt(said, "serviceaccount", "name")),
    uid: textAt(said, "serviceaccount", "uid"),
    groups: [...accountGroups(namespace), "system:authenticated"],
    extra,
  };
}

/** What a TokenReview or TokenRequest names as its audiences. */
export function audiencesIn(body: unknown): readonly string[] {
  return listAt(body, "spec", "audiences").filter((audience) => typeof audience === "string");
}
