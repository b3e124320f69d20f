import { createPublicKey, type KeyObject, type X509Certificate } from "node:crypto";
import { publicKeyOf } from "@beemesh/wire";
import { type Caller, readSpiffeId, type WorkloadIdentity } from "@beemesh/workload";

/** What a certificate says, and that its issuer says so. */
export interface Peer {
  readonly caller: Caller;
  /** As in the SPIFFE ID: lower case. */
  readonly mesh: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** SubjectPublicKeyInfo of Ed25519 up to its 32 bytes (RFC 8410, section 4). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Machines whose keys are kept ready; making one again takes some microseconds. */
const issuersMax = 1024;

const issuerKeys = new Map<string, KeyObject>();

/**
 * Reads a workload's certificate: its subject is `CN=<uid>` and nothing else, it has one name, a
 * SPIFFE ID, and it is signed by the machine whose peer ID is its issuer.
 *
 * Whether that machine may certify this workload is a question for others.
 *
 * @returns Undefined if it is none, or the signature is not by that key.
 */
export function readPeer(certificate: X509Certificate): Peer | undefined {
  const uid = /^CN=([A-Za-z0-9][A-Za-z0-9-]{0,63})$/u.exec(certificate.subject)?.[1];
  const issuer = /^CN=([A-Za-z0-9]{1,64})$/u.exec(certificate.issuer)?.[1];
  const workload = workloadOf(certificate.subjectAltName);
  if (uid === undefined || issuer === undefined || workload === undefined) return undefined;
  const key = issuerKey(issuer);
  if (certificate.ca || key === undefined || !certificate.verify(key)) return undefined;
  const { mesh, namespace, serviceAccount } = workload;
  return {
    caller: { uid, namespace, serviceAccount, issuer },
    mesh,
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/** Whether a certificate is valid at an instant of the mesh's clock. */
export function isValidAt({ notBeforeMs, notAfterMs }: Peer, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs <= notAfterMs;
}

/** Two names would be listed with a comma, which no SPIFFE ID of a workload has. */
function workloadOf(names: string | undefined): WorkloadIdentity | undefined {
  const [, id] = /^URI:(spiffe:\/\/[^",\s]+)$/u.exec(names ?? "") ?? [];
  return id === undefined ? undefined : readSpiffeId(id);
}

function issuerKey(issuer: string): KeyObject | undefined {
  const known = issuerKeys.get(issuer);
  if (known !== undefined) return known;
  const bytes = publicKeyOf(issuer);
  if (bytes === undefined) return undefined;
  const der = Buffer.concat([spkiPrefix, bytes]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  if (issuerKeys.size >= issuersMax) issuerKeys.clear();
  issuerKeys.set(issuer, key);
  return key;
}
