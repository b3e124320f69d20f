import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { isPort, listOf, nameOf, textOf } from "./reader.ts";
import { type RouteSettings, readRouteSettings } from "./route-settings.ts";

/** What carries an application's bytes. */
export type TransportProtocol = "tcp" | "udp";

/** One pod (or attached program) that can take a connection. */
export interface Endpoint {
  /** Uid of the pod, or of the ExternalWorkload. */
  readonly uid: string;
  /** `spec.nodeName` of the machine that it is on. */
  readonly machine: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ip: string;
  /** The port inside the pod. */
  readonly port: number;
}

/**
 * Where a connection of an application goes. `key` names the route: the machine tells the sidecar
 * the new one under the same key when it changes.
 */
export type Route =
  | {
      readonly kind: "service";
      readonly key: string;
      readonly namespace: string;
      readonly name: string;
      /** The Service's port. */
      readonly port: number;
      /** As the Service says it: `http`, `kubernetes.io/h2c`, `grpc`, …; empty if it does not. */
      readonly appProtocol: string;
      readonly endpoints: readonly Endpoint[];
      /** As its annotations say it; not there if they say nothing. */
      readonly settings?: RouteSettings;
    }
  | { readonly kind: "pod"; readonly key: string; readonly endpoint: Endpoint }
  /** A program outside the mesh, which policy allows. `host` is a name or an address. */
  | {
      readonly kind: "external";
      readonly key: string;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: "refused"; readonly key: string; readonly reason: string };

/** Endpoints of one route; a Service with more is told in part, each sidecar another part. */
export const endpointsMax = 256;

/** Reads a route that came through a channel; undefined if it is malformed. */
export function readRoute(json: Json | undefined): Route | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind } = json;
  const key = textOf(json["key"]);
  if (key === undefined || typeof kind !== "string" || !Object.hasOwn(readers, kind)) {
    return undefined;
  }
  return readers[kind]?.(key, json);
}

const readers: Readonly<Record<string, (key: string, json: JsonObject) => Route | undefined>> = {
  service: readService,
  pod: (key, json) => {
    const endpoint = readEndpoint(json["endpoint"]);
    return endpoint && { kind: "pod", key, endpoint };
  },
  external: (key, json) => {
    const host = nameOf(json["host"]);
    const { port } = json;
    return host !== undefined && isPort(port) ? { kind: "external", key, host, port } : undefined;
  },
  refused: (key, json) => {
    const reason = textOf(json["reason"]);
    return reason === undefined ? undefined : { kind: "refused", key, reason };
  },
};

function readService(key: string, json: JsonObject): Route | undefined {
  const namespace = nameOf(json["namespace"]);
  const name = nameOf(json["name"]);
  const appProtocol = textOf(json["appProtocol"]);
  const endpoints = listOf(json["endpoints"], endpointsMax, readEndpoint);
  const { port } = json;
  if (namespace === undefined || name === undefined || appProtocol === undefined) return undefined;
  if (endpoints === undefined || !isPort(port)) return undefined;
  const route = { kind: "service", key, namespace, name, port, appProtocol, endpoints } as const;
  if (json["settings"] === undefined) return route;
  const settings = readRouteSettings(json["settings"]);
  return settings && { ...route, settings };
}

/** Reads an endpoint; undefined if it is malformed. */
export function readEndpoint(json: Json | undefined): Endpoint | undefined {
  if (!isJsonObject(json)) return undefined;
  const uid = nameOf(json["uid"]);
  const machine = nameOf(json["machine"]);
  const namespace = nameOf(json["namespace"]);
  const serviceAccount = nameOf(json["serviceAccount"]);
  const ip = nameOf(json["ip"]);
  const { port } = json;
  if (uid === undefined || machine === undefined || namespace === undefined) return undefined;
  if (serviceAccount === undefined || ip === undefined || !isPort(port)) return undefined;
  return { uid, machine, namespace, serviceAccount, ip, port };
}
