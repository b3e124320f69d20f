import { createPublicKey, hash, type KeyObject, sign, verify, X509Certificate } from "node:crypto";
import type { OpenedToken, TokenAuthority, Verifier } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject, type PeerId, parseJson } from "@beemesh/wire";
import { derivedKey } from "./derived-key.ts";
import { type SigningKey, verifyingKeyOf } from "./signing-key.ts";
import { issueX509 } from "./x509.ts";

/** What proves a token's key: whose it is, and the key. */
interface TokenKey {
  readonly peer: PeerId;
  readonly key: KeyObject;
  readonly id: string;
}

/** A token has some two thousand characters, with its certificate and a few audiences. */
const tokenLengthMax = 16 * 1024;
const claimsDepthMax = 8;

/** Certificates that were found good and are not read again: one for each machine. */
const keysMax = 20_000;

/** The only name of a certificate for tokens: no certificate of a workload has it. */
const tokenKeyName = "beemesh://token-key";

/** Certificates end with the membership of their machine, not by themselves. */
const notAfterMs = Date.UTC(2120, 0, 1);

const compactPattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/u;
const issuerPattern = /^CN=([1-9A-HJ-NP-Za-km-z]{1,128})$/u;

/**
 * Tokens of ServiceAccounts: JSON Web Tokens (RFC 7519) signed with ES256, which every verifier
 * knows. The key is derived from the machine's own, which certifies it; the certificate travels
 * in each token (`x5c`, RFC 7515 section 4.1.6). So whoever knows the machine as a member can
 * check its tokens, and no key has to be handed round.
 */
export class ServiceTokens implements TokenAuthority {
  readonly #private: KeyObject;
  readonly #header: string;
  /** The certificate of the key, base64 of DER: for others to know it before they see a token. */
  readonly certificate: string;
  readonly #members: Pick<Verifier, "mayAuthor">;
  /** By certificate, in base64. */
  readonly #keys = new Map<string, TokenKey>();

  /** @param members - Who may speak for which namespace. */
  constructor(key: SigningKey, members: Pick<Verifier, "mayAuthor">) {
    this.#members = members;
    this.#private = derivedKey(key.seed(), "beemesh/service-token/1");
    const certificate = base64OfPem(
      issueX509(
        {
          subject: { commonName: "beemesh service tokens" },
          key: this.#private,
          use: "token",
          names: [tokenKeyName],
          // The same key has the same certificate each time.
          serial: Uint8Array.of(2),
          notAfterMs,
        },
        key.issuer(),
      ),
    );
    const id = keyIdOf(createPublicKey(this.#private));
    this.#header = encode({ alg: "ES256", kid: id, x5c: [certificate] });
    this.certificate = certificate;
    this.#keys.set(certificate, { peer: key.id, key: createPublicKey(this.#private), id });
  }

  sign(claims: JsonObject): string {
    const text = `${this.#header}.${encode(claims)}`;
    const key = { key: this.#private, dsaEncoding: "ieee-p1363" } as const;
    return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
  }

  open(token: string): OpenedToken | undefined {
    const read = token.length > tokenLengthMax ? undefined : readToken(token);
    const signer = read && this.#keyOf(read.chain);
    if (read === undefined || signer === undefined) return undefined;
    const key = { key: signer.key, dsaEncoding: "ieee-p1363" } as const;
    if (!verify("sha256", Buffer.from(read.text), key, read.signature)) return undefined;
    const { claims } = read;
    const namespace = namespaceIn(claims);
    if (namespace === "" || !this.#members.mayAuthor(signer.peer, namespace)) return undefined;
    return { claims, signer: signer.peer };
  }

  /** Takes another machine's key into the key set, if its certificate is a member's. */
  learn(certificate: string): void {
    if (certificate.length <= tokenLengthMax) this.#keyOf([certificate]);
  }

  keySet(): JsonObject {
    const keys = [...this.#keys.values()].map(({ key, id }): JsonObject => {
      const { kty = "", crv = "", x = "", y = "" } = key.export({ format: "jwk" });
      return { kty, crv, x, y, kid: id, alg: "ES256", use: "sig" };
    });
    return { keys };
  }

  #keyOf(chain: Json | undefined): TokenKey | undefined {
    const text = Array.isArray(chain) && chain.length === 1 ? chain[0] : undefined;
    if (typeof text !== "string") return undefined;
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    const key = keyIn(text);
    // A stranger's key is not kept: only members may make this machine remember something.
    if (key === undefined || !this.#members.mayAuthor(key.peer, "default")) return key;
    const [oldest] = [...this.#keys.keys()].slice(1, 2);
    if (this.#keys.size >= keysMax && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.set(text, key);
    return key;
  }
}

/** The parts of a token; undefined if it is none of ES256. */
function readToken(token: string):
  | {
      readonly text: string;
      readonly signature: Buffer;
      readonly chain: Json | undefined;
      readonly claims: JsonObject;
    }
  | undefined {
  const [, header = "", payload = "", signature = ""] = compactPattern.exec(token) ?? [];
  const [said, claims] = [decode(header), decode(payload)];
  if (!isJsonObject(said) || !isJsonObject(claims) || said["alg"] !== "ES256") return undefined;
  const text = `${header}.${payload}`;
  return { text, signature: Buffer.from(signature, "base64url"), chain: said["x5c"], claims };
}

function namespaceIn(claims: JsonObject): string {
  const said = claims["kubernetes.io"];
  const namespace = isJsonObject(said) ? said["namespace"] : undefined;
  return typeof namespace === "string" ? namespace : "";
}

/** The key that a machine certifies for tokens; undefined if it does not, or for something else. */
function keyIn(text: string): TokenKey | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(text, "base64"));
    const peer = issuerPattern.exec(certificate.issuer)?.[1] ?? "";
    const machine = verifyingKeyOf(peer);
    if (machine === undefined || certificate.ca) return undefined;
    if (certificate.subjectAltName !== `URI:${tokenKeyName}`) return undefined;
    const key = certificate.publicKey;
    if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return undefined;
    return certificate.verify(machine) ? { peer, key, id: keyIdOf(key) } : undefined;
  } catch {
    // OpenSSL says no more of a broken certificate than that it is broken.
    return undefined;
  }
}

/** The digest of the key's SPKI, as Kubernetes names its keys. */
function keyIdOf(key: KeyObject): string {
  return hash("sha256", key.export({ format: "der", type: "spki" }), "base64url");
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(text: string): Json | undefined {
  const json = Buffer.from(text, "base64url").toString("utf8");
  return parseJson(json, { lengthMax: tokenLengthMax, depthMax: claimsDepthMax });
}

function base64OfPem(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/gu, "");
}
