/**
 * Who a workload is: a service account of a namespace of a mesh.
 *
 * Source: SPIFFE-ID standard, section 2; the path is the one that Kubernetes meshes use.
 */
export interface WorkloadIdentity {
  /** The mesh's key, as the trust domain. Lower case in a SPIFFE ID, as the standard wants it. */
  readonly mesh: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A SPIFFE ID has at most this many bytes (SPIFFE-ID standard, section 2.3). */
const spiffeIdLengthMax = 2048;

const domainPattern = /^[a-z0-9._-]{1,255}$/u;
const pathPattern = /^ns\/([a-z0-9][a-z0-9-]{0,62})\/sa\/([a-z0-9][a-z0-9.-]{0,252})$/u;

/** `spiffe://<mesh>/ns/<namespace>/sa/<service account>`. */
export function spiffeIdOf({ mesh, namespace, serviceAccount }: WorkloadIdentity): string {
  return `spiffe://${mesh.toLowerCase()}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Reads a SPIFFE ID from outside; undefined if it is none of a workload of a mesh. */
export function readSpiffeId(text: string): WorkloadIdentity | undefined {
  if (text.length > spiffeIdLengthMax) return undefined;
  const [, mesh = "", path = ""] = /^spiffe:\/\/([^/]*)\/(.*)$/u.exec(text) ?? [];
  const [, namespace, serviceAccount] = pathPattern.exec(path) ?? [];
  if (namespace === undefined || serviceAccount === undefined) return undefined;
  return domainPattern.test(mesh) ? { mesh, namespace, serviceAccount } : undefined;
}
