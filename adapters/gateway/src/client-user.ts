import type { IncomingHttpHeaders } from "node:http";
import type { PeerCertificate } from "node:tls";
import type { User } from "@beemesh/ports";
import type { Refusal } from "./kube-status.ts";

/** Tells whom a certificate stands for; undefined if it is nobody's (any more). */
export type Authenticate = (certificate: PeerCertificate) => User | undefined;

/** The part of a TLS connection that says who is at its other end. */
export interface ClientSocket {
  readonly authorized?: boolean;
  getPeerCertificate?(): PeerCertificate | null;
}

/** Who comes without a certificate, as Kubernetes calls it. */
export const anonymous: User = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

/** Open to anybody, as by Kubernetes' role `system:public-info-viewer`. */
const publicPaths: ReadonlySet<string> = new Set(["healthz", "livez", "readyz", "version"]);

/**
 * Says who sends a request: the certificate must be signed by the server's authority (TLS has
 * checked that) and known to `authenticate`, which is asked at every request, so that a user who
 * was removed is out at once.
 */
export function identify(
  socket: ClientSocket,
  headers: IncomingHttpHeaders,
  authenticate: Authenticate,
): User | Refusal {
  const certificate = socket.getPeerCertificate?.();
  if (!certificate || Object.keys(certificate).length === 0) {
    // Tokens are not understood: whoever sends one must not be taken for nobody.
    return headers.authorization === undefined ? anonymous : unauthorized;
  }
  const user = socket.authorized === true ? authenticate(certificate) : undefined;
  return user ?? unauthorized;
}

/** Whether the request may pass on: an anonymous one only to what is public. */
export function admit(user: User, method: string, path: readonly string[]): Refusal | undefined {
  if (user !== anonymous) return undefined;
  const isPublic = path.length === 1 && publicPaths.has(path[0] ?? "");
  if (isPublic && (method === "GET" || method === "HEAD")) return undefined;
  const action = `${method.toLowerCase()} path "/${path.join("/")}"`;
  return {
    code: 403,
    message: `forbidden: User "${anonymous.name}" cannot ${action}: it shows no certificate`,
  };
}

const unauthorized: Refusal = { code: 401, message: "Unauthorized" };
