import { generateKeyPairSync } from "node:crypto";

/** A key as a sidecar makes one: the private half in PEM, the public as `certify` carries it. */
export function newKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }),
    publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
  };
}
