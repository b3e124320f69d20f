import type { IncomingHttpHeaders } from "node:http";
import type { PeerCertificate } from "node:tls";
import type { User } from "@beemesh/ports";
import type { Refusal } from "./kube-status.ts";

/** Tells whom a certificate stands for; undefined if it is nobody's (any more). */
export type Authenticate = (certificate: PeerCertificate) => User | undefined;

/** Tells whom a bearer token stands for; undefined if it is nobody's (any more). */
export type AuthenticateToken = (token: string) => Promise<User | undefined>;

/** Who can say whom credentials stand for. */
export interface Authenticators {
  readonly authenticate: Authenticate;
  readonly authenticateToken?: AuthenticateToken;
}

/** The part of a TLS connection that says who is at its other end. */
export interface ClientSocket {
  readonly authorized?: boolean;
  getPeerCertificate?(): PeerCertificate | null;
}

/** Who comes without credentials, as Kubernetes calls it. */
export const anonymous: User = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

/** A token of the mesh has some two thousand characters; others are not of the mesh. */
const tokenLengthMax = 16 * 1024;

const bearerPattern = /^bearer +([^\s]+)$/iu;

/**
 * Says who sends a request: the certificate must be signed by the server's authority (TLS has
 * checked that) and known to `authenticate`, which is asked at every request, so that a user who
 * was removed is out at once. Without a certificate a bearer token counts (RFC 6750), and without
 * either nobody asks. Wrong credentials are never taken for none.
 */
export async function identify(
  socket: ClientSocket,
  headers: IncomingHttpHeaders,
  { authenticate, authenticateToken }: Authenticators,
): Promise<User | Refusal> {
  const certificate = socket.getPeerCertificate?.();
  if (certificate && Object.keys(certificate).length > 0) {
    const user = socket.authorized === true ? authenticate(certificate) : undefined;
    return user ?? unauthorized;
  }
  const { authorization } = headers;
  if (authorization === undefined) return anonymous;
  const token = tokenIn(authorization);
  if (token === undefined || authenticateToken === undefined) return unauthorized;
  return (await authenticateToken(token)) ?? unauthorized;
}

function tokenIn(authorization: string): string | undefined {
  const [, token = ""] = bearerPattern.exec(authorization) ?? [];
  return token === "" || token.length > tokenLengthMax ? undefined : token;
}

const unauthorized: Refusal = { code: 401, message: "Unauthorized" };
