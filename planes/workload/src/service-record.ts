import {
  apiNamespace,
  apiServiceName,
  apiServicePort,
  type KubeObject,
  routeAnnotations,
} from "@beemesh/model";
import { isSetting, type RouteSettings } from "@beemesh/workload";
import { memberOf, objectsOf, portOf, protocolOf, textOr, textsOf } from "./field.ts";

/** A port of a Service. */
export interface ServicePort {
  /** Empty if it has none. */
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly appProtocol: string;
}

/** A Service, as far as names and routes need it. */
export interface ServiceRecord {
  /** `<namespace>/<name>`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly created: string;
  /** Its own addresses; none for a headless one, and until it was given one. */
  readonly ips: readonly string[];
  readonly isHeadless: boolean;
  /** Lower case, without the last dot; empty if it is no alias. */
  readonly externalName: string;
  readonly ports: readonly ServicePort[];
  readonly publishesUnready: boolean;
  /** How it wants to be called. */
  readonly settings: RouteSettings;
}

/** Reads a Service; what is malformed of it is left out. */
export function readService(object: KubeObject): ServiceRecord {
  const { metadata, spec } = object;
  const { name, namespace = "", creationTimestamp = "" } = metadata;
  const isAlias = memberOf(spec, "type") === "ExternalName";
  const isHeadless = !isAlias && memberOf(spec, "clusterIP") === "None";
  const first = textOr(memberOf(spec, "clusterIP"), "");
  const ips = new Set([first, ...textsOf(memberOf(spec, "clusterIPs"))]);
  const alias = isAlias ? textOr(memberOf(spec, "externalName"), "") : "";
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    created: creationTimestamp,
    ips: isAlias || isHeadless ? [] : [...ips].filter((ip) => ip !== "" && ip !== "None"),
    isHeadless,
    externalName: alias.toLowerCase().replace(/\.$/u, ""),
    ports: readPorts(memberOf(spec, "ports")),
    publishesUnready: memberOf(spec, "publishNotReadyAddresses") === true,
    settings: { ...routeAnnotations(object).settings, ...affinityOf(spec) },
  };
}

/** A caller that is to be served by one endpoint: the pod is the client, by its address. */
function affinityOf(spec: unknown): RouteSettings {
  if (memberOf(spec, "sessionAffinity") !== "ClientIP") return {};
  const config = memberOf(memberOf(spec, "sessionAffinityConfig"), "clientIP");
  const seconds = memberOf(config, "timeoutSeconds");
  const affinityMs = (typeof seconds === "number" ? seconds : affinitySeconds) * 1000;
  return isSetting("affinityMs", affinityMs) ? { affinityMs } : {};
}

/** Kubernetes' own default: three hours. */
const affinitySeconds = 10_800;

/** The Service of the API, which has no record. */
export function apiRecord(ip: string): ServiceRecord {
  return {
    key: `${apiNamespace}/${apiServiceName}`,
    namespace: apiNamespace,
    name: apiServiceName,
    created: "",
    ips: [ip],
    isHeadless: false,
    externalName: "",
    ports: [{ name: "https", protocol: "TCP", port: apiServicePort, appProtocol: "" }],
    publishesUnready: false,
    settings: {},
  };
}

/** Reads the ports of a Service or of a slice of its endpoints. */
export function readPorts(value: unknown): readonly ServicePort[] {
  return objectsOf(value).flatMap((each): ServicePort[] => {
    const port = portOf(each["port"]);
    const protocol = protocolOf(each["protocol"]);
    if (port === undefined || protocol === undefined) return [];
    const name = textOr(each["name"], "");
    return [{ name, protocol, port, appProtocol: textOr(each["appProtocol"], "") }];
  });
}
