import { X509Certificate } from "node:crypto";
import type { TlsStream } from "@beemesh/kernel";
import { type Caller, spiffeIdOf } from "@beemesh/workload";
import { checkWorkloadCertificate } from "@beemesh/workload-identity";

/** Who is at the other end of TLS, as its certificate proves. */
export interface Peer {
  readonly caller: Caller;
  /** Its SPIFFE ID. */
  readonly name: string;
  /** When the certificate ends, in milliseconds of the mesh's clock. */
  readonly notAfterMs: number;
}

/** Reads who has shaken hands; a text says why it is nobody of this mesh. */
export function readPeer(tls: TlsStream, nowMs: number, mesh: string | undefined): Peer | string {
  const { peerCertificate } = tls;
  if (peerCertificate === undefined) return "no certificate was shown";
  if (mesh === undefined) return "the mesh is not known yet";
  const certificate = readCertificate(peerCertificate);
  if (certificate === undefined) return "malformed";
  const checked = checkWorkloadCertificate(certificate, nowMs, mesh);
  if ("fault" in checked) return checked.fault;
  const { uid, identity, issuer } = checked;
  const { namespace, serviceAccount } = identity;
  return {
    caller: { uid, namespace, serviceAccount, issuer },
    name: spiffeIdOf(identity),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
