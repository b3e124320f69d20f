/**
 * The gateway: where HTTP meets the machine.
 *
 * {@link createApiServer} is the edge of the Kubernetes API; {@link createClassicServer} the port
 * 8080 of the first generation, which also leads to services. Both read what comes from outside,
 * bound it, and hand it on as checked values; nothing is decided here.
 *
 * @module
 */

export {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  type TlsIdentity,
} from "./api-server.ts";
export {
  type ClassicServer,
  type ClassicServerOptions,
  createClassicServer,
} from "./classic-server.ts";
export type { Authenticate, AuthenticateToken } from "./client-user.ts";
export type { ApiBackend, Observe } from "./exchange.ts";
export type { TlsOffer } from "./front.ts";
export { type GatewayLimits, gatewayLimits } from "./limits.ts";
export { type Parsed, parseManifests, parseYaml } from "./manifest.ts";
export {
  type Counter,
  createMetrics,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricOptions,
  type Metrics,
} from "./metrics.ts";
export {
  connectProtocol,
  type FoundService,
  type OwnerDoorOptions,
  type ServiceWish,
} from "./owner-door.ts";
export type { ConnectPort } from "./port-forward.ts";
export type { FindRoute, ProxyOptions, Redirect, Route, Wanted } from "./proxy.ts";
export type { TunnelEnd } from "./tunnel.ts";
export type { ApplyObject } from "./workload-post.ts";
