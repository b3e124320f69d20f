import { generateKeyPairSync } from "node:crypto";
import type { ApiCredential } from "./api-credentials.ts";
import { issueX509 } from "./x509.ts";

/** It proves nothing to anybody, so nothing is won by making it end. */
const notAfterMs = Date.UTC(2120, 0, 1);

/**
 * A certificate that nobody has signed but its own key, which is made with it: for connections
 * that are to be encrypted, and of which nobody knows whose they are.
 *
 * @param names - Host names and IP addresses; the first becomes the common name.
 */
export function selfSignedServer(names: readonly [string, ...string[]]): ApiCredential {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = { commonName: names[0] };
  const certificate = issueX509(
    { subject, key, use: "server", names, notAfterMs },
    { subject, key },
  );
  return { certificate, key: key.export({ format: "pem", type: "pkcs8" }) };
}
