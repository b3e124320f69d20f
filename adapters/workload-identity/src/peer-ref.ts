import { verify, X509Certificate } from "node:crypto";
import { peerRefText, type SignedPeerRef } from "@beemesh/workload";
import {
  checkWorkloadCertificate,
  type WorkloadFault,
  type WorkloadHolder,
} from "./workload-certificate.ts";

/**
 * Checks all of a PeerRef that can be checked without asking anybody: that the workload of this
 * uid signed it itself, with a key that the machine which it names has certified, and until when.
 *
 * @param nowMs - The mesh's time.
 * @param mesh - The mesh's key.
 */
export function checkPeerRef(
  { ref, certificate, signature }: SignedPeerRef,
  nowMs: number,
  mesh: string,
): WorkloadHolder | WorkloadFault {
  const read = readPem(certificate);
  if (read === undefined) return { fault: "malformed" };
  const holder = checkWorkloadCertificate(read, nowMs, mesh);
  if ("fault" in holder) return holder;
  if (holder.uid !== ref.uid) return { fault: "of another pod" };
  if (holder.issuer !== ref.machine) return { fault: "of another machine" };
  if (nowMs > ref.notAfterMs) return { fault: "expired" };
  const isSigned = verify(
    "sha256",
    Buffer.from(peerRefText(ref)),
    read.publicKey,
    Buffer.from(signature, "base64"),
  );
  return isSigned ? holder : { fault: "signature wrong" };
}

function readPem(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
