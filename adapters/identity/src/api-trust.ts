import type { Signer } from "@beemesh/ports";
import { isJsonObject, isPeerId, type Json } from "@beemesh/wire";
import { isSignedBy, verifyingKeyOf } from "./signing-key.ts";
import type { MeshId } from "./statement.ts";

/**
 * Whose client certificates the Kubernetes API of every machine believes, said by the mesh key.
 * It travels in join tokens; each machine keeps it beside its certificate.
 */
export interface ApiTrust {
  readonly mesh: MeshId;
  /** The X.509 certificate of the users' authority, in PEM. */
  readonly userAuthority: string;
  readonly signature: string;
}

/** A P-256 authority takes some 600 characters. */
const authorityLengthMax = 4096;

/** Says it, with the mesh key. */
export function signApiTrust(meshKey: Signer, userAuthority: string): ApiTrust {
  const mesh = meshKey.id;
  return { mesh, userAuthority, signature: meshKey.sign(trustText(mesh, userAuthority)) };
}

/** Reads it from outside; undefined if it is malformed, or the mesh key did not sign it. */
export function apiTrustOf(value: Json | undefined): ApiTrust | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mesh, userAuthority, signature } = value;
  if (!isPeerId(mesh) || typeof signature !== "string") return undefined;
  if (typeof userAuthority !== "string") return undefined;
  if (userAuthority.length > authorityLengthMax) return undefined;
  const key = verifyingKeyOf(mesh);
  if (key === undefined) return undefined;
  const isSigned = isSignedBy(key, trustText(mesh, userAuthority), signature);
  return isSigned ? { mesh, userAuthority, signature } : undefined;
}

function trustText(mesh: MeshId, userAuthority: string): string {
  return `beemesh/api-trust/1\n${mesh}\n${userAuthority}`;
}
