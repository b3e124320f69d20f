import { randomInt } from "node:crypto";
import { BeeError } from "@beemesh/base";
import { type ClassicServer, createClassicServer } from "@beemesh/gateway";
import type { ObjectStore } from "@beemesh/ports";
import { applyObject, type BackendOptions } from "./backend.ts";
import { isWell } from "./health.ts";
import { type Endpoint, routeRequest } from "./service-router.ts";
import type { DaemonStatus } from "./status.ts";
import type { ConnectionsPage } from "./workload/connections-page.ts";

/** What the classic interface is served from. */
export interface ClassicOptions {
  readonly port: number;
  readonly unixPath: string;
  readonly objects: ObjectStore;
  readonly backend: BackendOptions;
  readonly metrics: () => Promise<string>;
  /** What `GET /v1/connections` answers, there too. */
  readonly connections: () => ConnectionsPage;
  /** What `GET /v1/status` answers, through the Unix socket only. */
  readonly status: () => DaemonStatus;
}

/** Serves the first generation's interface, and the way into services. */
export function openClassic(options: ClassicOptions): Promise<ClassicServer> {
  const { port, unixPath, objects, backend, metrics, status, connections } = options;
  const { host, pods } = backend;
  const turn = rotation();
  return createClassicServer({
    port,
    unixPath,
    metrics,
    healthy: () => isWell(host.health),
    pages: new Map<string, () => unknown>([
      ["/v1/status", status],
      ["/v1/connections", connections],
    ]),
    apply: (object, wish) => applyObject(backend, object, wish),
    services: () => {
      const route = routeRequest(objects, { host: "", path: "" });
      return route.kind === "unknown" ? route.services : [route.service];
    },
    route: (request) => {
      const route = routeRequest(objects, request);
      if (route.kind === "unknown") return Promise.resolve(undefined);
      const connect = async (): ReturnType<typeof pods.connect> => {
        const endpoint = turn(route.endpoints);
        if (endpoint !== undefined) return pods.connect(endpoint.place, endpoint.port);
        const message = `Cannot reach ${route.service}: none of its pods is ready`;
        throw new BeeError("service-empty", message);
      };
      return Promise.resolve({ connect });
    },
  });
}

/** Gives one endpoint after another, over all requests, from a random one on. */
function rotation(): (endpoints: readonly Endpoint[]) => Endpoint | undefined {
  let next = randomInt(2 ** 32);
  return (endpoints) => {
    const endpoint = endpoints[next % endpoints.length];
    next += 1;
    return endpoint;
  };
}
