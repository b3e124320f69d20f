/**
 * Who is who: keys on disk, the mesh and its members, join tokens, credentials of the API.
 *
 * @module
 */

export {
  type ApiAuthority,
  type ApiCredential,
  type ApiServerCredential,
  certifyUser,
  deriveUserAuthority,
  issueUser,
  openServerCredential,
} from "./api-credentials.ts";
export { type ApiTrust, apiTrustOf, signApiTrust } from "./api-trust.ts";
export {
  type Certificate,
  certificateBytesMax,
  faultOf,
  graceMs,
  type Issuer,
  readCertificate,
  writeCertificate,
} from "./certificate.ts";
export { type CertificateRequest, readCertificateRequest } from "./certificate-request.ts";
export { openKey, openSecret } from "./key-file.ts";
export { type KubeconfigMachine, writeKubeconfig } from "./kubeconfig.ts";
export {
  type Admission,
  MemberDirectory,
  type MemberDirectoryOptions,
  tokenGraceMs,
} from "./member-directory.ts";
export {
  admitMember,
  createMesh,
  delegate,
  delegateOf,
  type Grant,
  isRenewalDue,
  ownerOf,
  renew,
} from "./mesh.ts";
export { selfSignedServer } from "./self-signed.ts";
export { ServiceTokens } from "./service-token.ts";
export { SigningKey } from "./signing-key.ts";
export type { MeshId, Statement, StatementKind } from "./statement.ts";
export { createToken, joinWithToken, readToken, type Token, type TokenOptions } from "./token.ts";
export { issueWorkloadCertificate, type WorkloadClaim } from "./workload.ts";
