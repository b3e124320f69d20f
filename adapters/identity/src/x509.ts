import { createPublicKey, hash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bitString,
  context,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  time,
  truth,
  utf8,
} from "./der.ts";

/** Who a certificate is about: a common name, and organizations, which Kubernetes calls groups. */
interface X509Name {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** What is to be certified. */
export interface X509Request {
  readonly subject: X509Name;
  /** An ECDSA P-256 key, private or public. */
  readonly key: KeyObject;
  /** `workload` is for both sides of a connection; `token` signs tokens, and opens none. */
  readonly use: "authority" | "server" | "client" | "workload" | "token";
  /** DNS names, IP addresses and URIs. */
  readonly names?: readonly string[];
  /** Default: long ago. */
  readonly notBeforeMs?: number;
  readonly notAfterMs: number;
  /** Default: 16 random bytes. */
  readonly serial?: Uint8Array;
}

export interface X509Issuer {
  readonly subject: X509Name;
  /** A private key: ECDSA P-256, or Ed25519. */
  readonly key: KeyObject;
}

/**
 * Certificates of the API are good from here on. A later beginning would protect nobody, and lock
 * out whoever's clock is slow.
 */
const longAgoMs = Date.UTC(2020, 0, 1);

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));

/** RFC 8410, section 3: without parameters. */
const ed25519 = sequence(objectId("1.3.101.112"));

/** Bits of the key usage, RFC 5280 section 4.2.1.3: the byte and how many bits do not count. */
const usages = {
  authority: bitString(Uint8Array.of(0x06), 1),
  server: bitString(Uint8Array.of(0x80), 7),
  client: bitString(Uint8Array.of(0x80), 7),
  workload: bitString(Uint8Array.of(0x80), 7),
  token: bitString(Uint8Array.of(0x80), 7),
};

const [serverUsage, clientUsage] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

const extendedUsages = {
  server: [serverUsage],
  client: [clientUsage],
  workload: [serverUsage, clientUsage],
};

/**
 * Makes an X.509 certificate (RFC 5280) in PEM, signed with ECDSA P-256 and SHA-256 or with
 * Ed25519 (RFC 8410), as the issuer's key is.
 */
export function issueX509(request: X509Request, issuer: X509Issuer): string {
  const isEd25519 = issuer.key.asymmetricKeyType === "ed25519";
  const algorithm = isEd25519 ? ed25519 : ecdsaWithSha256;
  const body = sequence(
    context(0, true, integer(Uint8Array.of(2))),
    integer(request.serial ?? randomBytes(16)),
    algorithm,
    nameOf(issuer.subject),
    sequence(time(request.notBeforeMs ?? longAgoMs), time(request.notAfterMs)),
    nameOf(request.subject),
    publicKeyOf(request.key),
    context(3, true, extensionsOf(request, issuer)),
  );
  const signature = sign(isEd25519 ? null : "sha256", body, issuer.key);
  return pem("CERTIFICATE", sequence(body, algorithm, bitString(signature)));
}

function extensionsOf(request: X509Request, issuer: X509Issuer): Uint8Array {
  const { use, names = [] } = request;
  const list = [
    extension("2.5.29.19", use === "authority" ? sequence(truth()) : sequence(), true),
    extension("2.5.29.15", usages[use], true),
    extension("2.5.29.14", octetString(keyIdOf(request.key))),
    extension("2.5.29.35", sequence(context(0, false, keyIdOf(issuer.key)))),
  ];
  if (use !== "authority" && use !== "token") {
    list.push(extension("2.5.29.37", sequence(...extendedUsages[use].map(objectId))));
  }
  if (names.length > 0) list.push(extension("2.5.29.17", sequence(...names.map(alternativeName))));
  return sequence(...list);
}

function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(objectId(id), ...(critical ? [truth()] : []), octetString(value));
}

function nameOf({ commonName, organizations = [] }: X509Name): Uint8Array {
  const attribute = (id: string, text: string): Uint8Array =>
    set(sequence(objectId(id), utf8(text)));
  return sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

function publicKeyOf(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ format: "der", type: "spki" });
}

/** The first 160 bits of the SHA-256 of the key, as RFC 7093 allows. */
function keyIdOf(key: KeyObject): Uint8Array {
  return hash("sha256", publicKeyOf(key), "buffer").subarray(0, 20);
}

function alternativeName(name: string): Uint8Array {
  if (name.includes("://")) return context(6, false, Buffer.from(name));
  const version = isIP(name);
  if (version === 0) return context(2, false, Buffer.from(name));
  const address = version === 4 ? name.split(".").map(Number) : ip6Bytes(name);
  return context(7, false, Uint8Array.from(address));
}

/** The 16 bytes of an IPv6 address; the URL parser brings it into its shortest form first. */
function ip6Bytes(address: string): number[] {
  const short = new URL(`http://[${address.replace(/%.*$/u, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = short.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const front = groups(head);
  const back = groups(tail ?? "");
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: missing }, () => "0"), ...back].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/gu) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
