import { createPublicKey, type KeyObject } from "node:crypto";
import { spiffeIdOf, type WorkloadIdentity } from "@beemesh/workload";
import type { SigningKey } from "./signing-key.ts";
import { issueX509 } from "./x509.ts";

/** What a machine says of a workload that runs on it. */
export interface WorkloadClaim {
  /** The machine's key. */
  readonly key: SigningKey;
  /** The workload's key, as base64 of its SPKI in DER: ECDSA P-256, and no other. */
  readonly publicKey: string;
  /** Uid of the pod. */
  readonly uid: string;
  readonly identity: WorkloadIdentity;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The SPKI of a P-256 key has 91 bytes. */
const publicKeyLengthMax = 256;

/**
 * Certifies a workload's key: a leaf in PEM, for both sides of a connection, with the pod's uid as
 * its subject and one SPIFFE ID (X.509-SVID, section 2), signed by the machine's own key.
 *
 * @returns Undefined if the public key is none of P-256.
 */
export function issueWorkloadCertificate(claim: WorkloadClaim): string | undefined {
  const key = p256KeyOf(claim.publicKey);
  if (key === undefined) return undefined;
  const { uid, identity, notBeforeMs, notAfterMs } = claim;
  return issueX509(
    {
      subject: { commonName: uid },
      key,
      use: "workload",
      names: [spiffeIdOf(identity)],
      notBeforeMs,
      notAfterMs,
    },
    claim.key.issuer(),
  );
}

function p256KeyOf(publicKey: string): KeyObject | undefined {
  if (publicKey.length > publicKeyLengthMax) return undefined;
  try {
    const der = Buffer.from(publicKey, "base64");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}
