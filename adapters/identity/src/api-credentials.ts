import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { derivedKey } from "./derived-key.ts";
import { openSecret } from "./key-file.ts";
import type { SigningKey } from "./signing-key.ts";
import { issueX509, type X509Issuer } from "./x509.ts";

/**
 * X.509 credentials of the Kubernetes API. Two directions, two authorities:
 *
 * - **Users** are certified by one authority of the whole mesh. Its P-256 key is derived from the
 *   mesh key, so the owner has nothing more to keep, and no machine holds it. Machines get its
 *   certificate, signed by the mesh key ({@link ApiTrust}), with their token; therefore a user's
 *   kubeconfig is believed by every machine, and no machine can make users up.
 * - **Servers** are certified by an authority of each machine itself, whose key never leaves it.
 *   A kubeconfig has one cluster entry for each machine, with that machine's authority; so no
 *   machine can pose as another.
 */
export interface ApiAuthority extends X509Issuer {
  /** PEM. */
  readonly certificate: string;
}

/** A certificate and its private key, both PEM. */
export interface ApiCredential {
  readonly certificate: string;
  readonly key: string;
}

/** What a machine's API server needs, and what its users must know it by. */
export interface ApiServerCredential extends ApiCredential {
  /** The machine's own authority: `certificate-authority-data` of a kubeconfig. */
  readonly authority: string;
}

/** Authorities end when their keys are replaced, not by themselves. */
const authorityNotAfterMs = Date.UTC(2120, 0, 1);

/** A user's certificate outlives any clock that is 400 days off. */
const userLifetimeMs = 5 * 365 * 24 * 3_600_000;

/** The names by which every server is known on its own machine. */
const localNames = [
  "localhost",
  "127.0.0.1",
  "::1",
  // As pods call the API of the machine that they run on.
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
  "10.96.0.1",
];

/** The users' authority of a mesh: the same key each time. */
export function deriveUserAuthority(meshKey: SigningKey): ApiAuthority {
  return selfSigned("beemesh users", derivedKey(meshKey.seed(), "beemesh/user-authority/1"));
}

/** Certifies a user. `groups` such as `system:masters` become organizations of the subject. */
export function issueUser(
  authority: ApiAuthority,
  user: { readonly name: string; readonly groups: readonly string[]; readonly lifetimeMs?: number },
  nowMs: number,
): ApiCredential {
  const key = freshKey();
  const certificate = issueX509(
    {
      subject: { commonName: user.name, organizations: user.groups },
      key,
      use: "client",
      notAfterMs: nowMs + (user.lifetimeMs ?? userLifetimeMs),
    },
    authority,
  );
  return { certificate, key: pemOf(key) };
}

/** Certifies a key that somebody else holds; as {@link issueUser}. */
export function certifyUser(
  authority: ApiAuthority,
  user: {
    readonly name: string;
    readonly groups: readonly string[];
    readonly key: KeyObject;
    readonly lifetimeMs: number;
  },
  nowMs: number,
): string {
  const subject = { commonName: user.name, organizations: user.groups };
  const notAfterMs = nowMs + user.lifetimeMs;
  return issueX509({ subject, key: user.key, use: "client", notAfterMs }, authority);
}

/**
 * The server credential of this machine, made anew at each start: only the authority's key is
 * kept, in `folder`. Throws what {@link openSecret} throws.
 *
 * @param names - Host names and IP addresses beyond those of the machine itself.
 */
export function openServerCredential(
  folder: string,
  machine: string,
  names: readonly string[],
): ApiServerCredential {
  const path = join(folder, "api-authority.key");
  const authorityKey = createPrivateKey(openSecret(path, () => pemOf(freshKey())));
  const authority = selfSigned(`beemesh ${machine}`, authorityKey);
  const key = freshKey();
  const leaf = issueX509(
    {
      subject: { commonName: machine },
      key,
      use: "server",
      names: [...new Set([...localNames, ...names])],
      notAfterMs: authorityNotAfterMs,
    },
    authority,
  );
  return { certificate: leaf, key: pemOf(key), authority: authority.certificate };
}

/** With a fixed serial and life, so that any two certificates of one key stand for each other. */
function selfSigned(commonName: string, key: KeyObject): ApiAuthority {
  const subject = { commonName };
  const request = { subject, key, use: "authority", notAfterMs: authorityNotAfterMs } as const;
  const certificate = issueX509({ ...request, serial: Uint8Array.of(1) }, { subject, key });
  return { subject, key, certificate };
}

function freshKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" });
}
