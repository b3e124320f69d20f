/**
 * The ports: what BeeMesh needs of the world and what it offers to it, as types. Adapters and the
 * simulator implement them; each has one conformance suite.
 *
 * @module
 */

export type { ContainerSecurity } from "./container-security.ts";
export type { Disk } from "./disk.ts";
export type {
  ApiReply,
  ApiRequest,
  FinalReply,
  Impersonation,
  ProxyTarget,
  ReplySink,
  Tunnel,
  User,
} from "./http.ts";
export { type Link, type LinkEvent, messageBytesMax } from "./link.ts";
export type {
  Change,
  ObjectStore,
  Revision,
  Snapshot,
  SpecOptions,
  WriteTicket,
} from "./objects.ts";
export type {
  ContainerExit,
  ContainerLimits,
  ContainerPlan,
  ContainerStats,
  ExecOptions,
  ExecSession,
  FilePlan,
  FoundContainer,
  FoundPod,
  LogOptions,
  PodPlan,
  PodSandbox,
  ProbePlan,
  RegistryCredentials,
  ResolverPlan,
  Runtime,
  RuntimeEvent,
  SidecarLine,
  StartedContainer,
  VolumePlan,
} from "./runtime.ts";
export type { Introductions, SignEntry, Signer, Verifier } from "./signer.ts";
export type { Duplex, Readable, Writable } from "./stream.ts";
export type { OpenedToken, TokenAuthority } from "./token.ts";
export type { ContainerUsage, MachineUsage, PodUsage } from "./usage.ts";
export type { Consultation, WebhookAnswer, WebhookCall } from "./webhook.ts";
