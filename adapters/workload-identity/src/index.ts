/**
 * Who is at the other end of a connection between two sidecars, by the certificate that it shows.
 * It imports nothing that is heavy, for it is a part of every sidecar.
 *
 * @module
 */

export { checkPeerRef } from "./peer-ref.ts";
export {
  certificateLifetimeMs,
  checkWorkloadCertificate,
  type WorkloadFault,
  type WorkloadHolder,
} from "./workload-certificate.ts";
