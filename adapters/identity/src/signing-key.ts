import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { BeeError } from "@beemesh/base";
import type { Signer } from "@beemesh/ports";
import { type PeerId, peerIdOf, publicKeyOf } from "@beemesh/wire";
import type { X509Issuer } from "./x509.ts";

/** PKCS #8 of an Ed25519 key up to its 32-byte seed (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** Bytes of an Ed25519 seed. */
const seedBytes = 32;

/** base64url of the 64 bytes of a signature. */
const signaturePattern = /^[A-Za-z0-9_-]{86}$/u;

/** An Ed25519 key pair. It shows its seed to who asks for it by name, and to no log. */
export class SigningKey implements Signer {
  readonly id: PeerId;
  readonly #private: KeyObject;

  private constructor(key: KeyObject) {
    this.#private = key;
    this.id = peerIdOf(
      Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url"),
    );
  }

  static generate(): SigningKey {
    return new SigningKey(generateKeyPairSync("ed25519").privateKey);
  }

  /** @throws {BeeError} `key-malformed` if the seed has not 32 bytes. */
  static fromSeed(seed: Uint8Array): SigningKey {
    if (seed.length !== seedBytes) {
      throw new BeeError("key-malformed", `Cannot use key: its seed has ${seed.length} bytes`);
    }
    const der = Buffer.concat([pkcs8Prefix, seed]);
    return new SigningKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  }

  /** Reads the PEM that {@link SigningKey.toPem} writes. Throws BeeError `key-malformed`. */
  static fromPem(pem: string): SigningKey {
    try {
      const key = createPrivateKey(pem);
      if (key.asymmetricKeyType === "ed25519") return new SigningKey(key);
    } catch {
      // What OpenSSL says of a broken key could hold a part of it.
    }
    throw new BeeError("key-malformed", "Cannot use key: it is no Ed25519 key in PEM");
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#private).toString("base64url");
  }

  /** The private seed: for the adapter of the mesh, and for key derivation. */
  seed(): Uint8Array {
    const der = this.#private.export({ format: "der", type: "pkcs8" });
    return new Uint8Array(der.subarray(der.length - seedBytes));
  }

  /** The issuer that this key is in certificates: its peer ID is the common name. */
  issuer(): X509Issuer {
    return { subject: { commonName: this.id }, key: this.#private };
  }

  toPem(): string {
    return this.#private.export({ format: "pem", type: "pkcs8" });
  }
}

/** The key to check `peer`'s signatures with; undefined if the peer ID names no Ed25519 key. */
export function verifyingKeyOf(peer: PeerId): KeyObject | undefined {
  const bytes = publicKeyOf(peer);
  if (bytes === undefined) return undefined;
  const x = Buffer.from(bytes).toString("base64url");
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** Whether `signature` (base64url) is that of `key` over the UTF-8 of `text`. */
export function isSignedBy(key: KeyObject, text: string, signature: string): boolean {
  if (!signaturePattern.test(signature)) return false;
  return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url"));
}
