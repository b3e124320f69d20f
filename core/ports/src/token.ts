import type { JsonObject, PeerId } from "@beemesh/wire";

/** What a token says, once its signature has been checked. */
export interface OpenedToken {
  readonly claims: JsonObject;
  /** The member that signed it. */
  readonly signer: PeerId;
}

/** Signs tokens of ServiceAccounts (RFC 7519) with this machine's key, and checks those of all. */
export interface TokenAuthority {
  /** The compact form of a token with these claims. */
  sign(claims: JsonObject): string;
  /**
   * What a token says; undefined if it is malformed, or not signed by a member that may author
   * objects of the namespace that it speaks for. Times and audiences are for the caller to judge.
   */
  open(token: string): OpenedToken | undefined;
  /** The public keys of the members that are known, as a JSON Web Key Set (RFC 7517). */
  keySet(): JsonObject;
}
