import { createECDH, createPrivateKey, hkdfSync, type KeyObject } from "node:crypto";

/** Order of the group of P-256, FIPS 186-5. */
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The private key of P-256 that a seed has for a purpose: the same each time (RFC 5869). */
export function derivedKey(seed: Uint8Array, purpose: string): KeyObject {
  const bytes = Buffer.from(hkdfSync("sha256", seed, "", purpose, 48));
  // 384 bits for a number of 256 make the remainder as good as evenly spread (FIPS 186-5, A.2.1).
  const scalar = (BigInt(`0x${bytes.toString("hex")}`) % (p256Order - 1n)) + 1n;
  const curve = createECDH("prime256v1");
  const secret = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const text = (part: Buffer): string => part.toString("base64url");
  const [x, y] = [text(point.subarray(1, 33)), text(point.subarray(33))];
  return createPrivateKey({
    key: { kty: "EC", crv: "P-256", d: text(secret), x, y },
    format: "jwk",
  });
}
