import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { type PeerId, publicKeyOf } from "@beemesh/wire";
import { readSpiffeId, type WorkloadIdentity } from "@beemesh/workload";

/** What a certificate proves of a workload. */
export interface WorkloadHolder {
  /** Uid of the pod. */
  readonly uid: string;
  readonly identity: WorkloadIdentity;
  /** The machine that says so; whether it may, is for others to judge. */
  readonly issuer: PeerId;
}

/** Why a certificate proves nothing, in words that may stand in a log. */
export interface WorkloadFault {
  readonly fault: string;
}

/**
 * How long a certificate is good: short, for there is no revocation, and long enough that a
 * machine that is away for some minutes keeps nobody from calling.
 */
export const certificateLifetimeMs = 3_600_000;

/** A certificate has some 500 bytes; more is read by nobody. */
const certificateBytesMax = 4096;

/** Server and client authentication, RFC 5280 section 4.2.1.12. */
const wantedUsages = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

const uidPattern = /^CN=([A-Za-z0-9][A-Za-z0-9-]{0,63})$/u;
const issuerPattern = /^CN=([1-9A-HJ-NP-Za-km-z]{1,128})$/u;
/** Exactly one name, and that a URI: a SPIFFE certificate has no other (X.509-SVID, section 2). */
const namePattern = /^URI:([^,"\s]+)$/u;

const malformed: WorkloadFault = { fault: "malformed" };

/** What stands before the 32 bytes of an Ed25519 key in its SPKI (RFC 8410, section 4). */
const spkiPrefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 3, 0x21, 0);

/**
 * Reads a workload's certificate and checks all that can be checked without asking anybody: that
 * the machine which it names signed it itself, when, for which mesh, and its form. Chains mean
 * nothing here: what somebody else signed is refused.
 *
 * @param certificate - DER, or what `tls` has read.
 * @param nowMs - The mesh's time.
 * @param mesh - The mesh's key, in either case.
 */
export function checkWorkloadCertificate(
  certificate: Uint8Array | X509Certificate,
  nowMs: number,
  mesh: string,
): WorkloadHolder | WorkloadFault {
  try {
    return judge(readCertificate(certificate), nowMs, mesh);
  } catch {
    // OpenSSL looks at a key or an extension only when it is asked for it.
    return malformed;
  }
}

function judge(
  certificate: X509Certificate | undefined,
  nowMs: number,
  mesh: string,
): WorkloadHolder | WorkloadFault {
  if (certificate === undefined) return malformed;
  const uid = capture(uidPattern, certificate.subject);
  if (uid === undefined) return { fault: "subject is no pod" };
  const issuer = capture(issuerPattern, certificate.issuer) ?? "";
  const issuerKey = machineKeyOf(issuer);
  if (issuerKey === undefined) return { fault: "issuer is no machine" };
  const identity = readSpiffeId(capture(namePattern, certificate.subjectAltName) ?? "");
  if (identity === undefined) return { fault: "not exactly one SPIFFE ID" };
  if (identity.mesh !== mesh.toLowerCase()) return { fault: "of another mesh" };
  const fault = formFault(certificate) ?? timeFault(certificate, nowMs);
  if (fault !== undefined) return { fault };
  if (!certificate.verify(issuerKey)) return { fault: "not signed by the machine that it names" };
  return { uid, identity, issuer };
}

/** What a pattern captures of a text that OpenSSL may not have. */
function capture(pattern: RegExp, text: string | undefined): string | undefined {
  return text === undefined ? undefined : pattern.exec(text)?.[1];
}

function readCertificate(certificate: Uint8Array | X509Certificate): X509Certificate | undefined {
  if (certificate instanceof X509Certificate) return certificate;
  return certificate.length > certificateBytesMax ? undefined : new X509Certificate(certificate);
}

function formFault(certificate: X509Certificate): string | undefined {
  if (certificate.raw.length > certificateBytesMax) return "too large";
  if (certificate.ca) return "of an authority";
  const usages = certificate.keyUsage ?? [];
  if (!wantedUsages.every((usage) => usages.includes(usage))) return "not for both sides";
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const isP256 = asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 ? undefined : "key is not of P-256";
}

function timeFault(certificate: X509Certificate, nowMs: number): string | undefined {
  if (nowMs < certificate.validFromDate.getTime()) return "not good yet";
  return nowMs > certificate.validToDate.getTime() ? "expired" : undefined;
}

/** The key that a peer ID names; undefined if it names none. */
function machineKeyOf(peer: PeerId): KeyObject | undefined {
  const bytes = publicKeyOf(peer);
  if (bytes === undefined) return undefined;
  const key = Buffer.concat([spkiPrefix, bytes]);
  return createPublicKey({ key, format: "der", type: "spki" });
}
