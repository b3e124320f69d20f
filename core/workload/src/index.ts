/**
 * What machines and sidecars say to each other about workloads: identities, routes, the channel
 * between the two, and what stands before a connection.
 *
 * @module
 */

export {
  type AdmittedProtocol,
  type Caller,
  lineLengthMax,
  type MachineMessage,
  type NameRecord,
  type PodFacts,
  type Refusal,
  readMachineMessage,
  readSidecarMessage,
  type SidecarMessage,
} from "./channel.ts";
export {
  type DescriptorTag,
  descriptorBytesMax,
  descriptorLine,
  readDescriptorTag,
} from "./descriptor.ts";
export { readSpiffeId, spiffeIdOf, type WorkloadIdentity } from "./identity.ts";
export { ingressCaller, ingressPeer, isIngressCaller } from "./ingress-peer.ts";
export {
  type PeerRef,
  type PeerRefClaim,
  type PeerRefService,
  peerRefText,
  readPeerRefClaim,
  readSignedPeerRef,
  type SignedPeerRef,
} from "./peer-ref.ts";
export { preambleBytesMax, preambleOf, readPreamble } from "./preamble.ts";
export {
  type Endpoint,
  endpointsMax,
  type Route,
  readEndpoint,
  readRoute,
  type TransportProtocol,
} from "./route.ts";
export { isSetting, type RouteSettings, settingBounds } from "./route-settings.ts";
export { type SpanRecord, spansMax } from "./span-record.ts";
export { type StandInFor, standInOf, standsInFor } from "./stand-in.ts";
