import { ingressClassOf, type KubeObject } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** Who is meant by an Ingress. */
export interface IngressRef {
  readonly namespace: string;
  readonly name: string;
}

/** A port of a Service, by number or by name. */
export interface Backend {
  readonly service: string;
  readonly port: number | string;
}

/** Where requests for a host and path go. */
interface IngressRule {
  /** Empty for every host; `*.` and a name for one label more. */
  readonly host: string;
  readonly path: string;
  readonly isExact: boolean;
  /** Undefined if it is something that is not served here. */
  readonly backend: Backend | undefined;
}

/** Whose certificate the hosts show. */
interface IngressTls {
  readonly hosts: readonly string[];
  readonly secret: string;
}

/** An Ingress as far as it is acted upon. */
export interface IngressObject {
  readonly ref: IngressRef;
  /** For who came first: time, namespace and name. */
  readonly age: string;
  /** Empty without one. */
  readonly className: string;
  readonly redirectsToTls: boolean;
  readonly rules: readonly IngressRule[];
  readonly fallback: Backend | undefined;
  readonly tls: readonly IngressTls[];
}

/** Either of them, `"true"`, sends plain requests to TLS. */
const redirectAnnotations = [
  "beemesh.io/ssl-redirect",
  "nginx.ingress.kubernetes.io/ssl-redirect",
  "nginx.ingress.kubernetes.io/force-ssl-redirect",
];

/** Rules of one Ingress that are looked at; a list of more is no longer written by people. */
const rulesMax = 1000;

/** Reads an Ingress. Others' records may have any shape: what is not right is left out. */
export function readIngress(ingress: KubeObject): IngressObject {
  const { metadata, spec } = ingress;
  const { namespace = "", name, annotations = {}, creationTimestamp = "" } = metadata;
  const body = isJsonObject(spec) ? spec : {};
  const rules = objectsOf(body["rules"]);
  const fallback = readBackend(body["defaultBackend"]);
  const hosts = rules.map((rule) => textOf(rule["host"]));
  return {
    ref: { namespace, name },
    age: `${creationTimestamp} ${namespace}/${name}`,
    className: ingressClassOf(ingress),
    redirectsToTls: redirectAnnotations.some((key) => annotations[key] === "true"),
    rules: rules.flatMap((rule) => rulesOf(rule, fallback)).slice(0, rulesMax),
    fallback,
    tls: objectsOf(body["tls"]).flatMap((each): IngressTls[] => {
      const secret = textOf(each["secretName"]);
      const own = textsOf(each["hosts"]);
      return secret === "" ? [] : [{ secret, hosts: own.length === 0 ? hosts : own }];
    }),
  };
}

/** A rule without paths sends all of its host to what the Ingress names for the rest. */
function rulesOf(rule: JsonObject, fallback: Backend | undefined): IngressRule[] {
  const host = textOf(rule["host"]);
  const http = isJsonObject(rule["http"]) ? rule["http"] : undefined;
  if (http === undefined) {
    return fallback === undefined ? [] : [{ host, path: "/", isExact: false, backend: fallback }];
  }
  return objectsOf(http["paths"]).map((each) => ({
    host,
    path: textOf(each["path"]) || "/",
    isExact: each["pathType"] === "Exact",
    backend: readBackend(each["backend"]),
  }));
}

function readBackend(json: Json | undefined): Backend | undefined {
  const service = isJsonObject(json) ? json["service"] : undefined;
  if (!isJsonObject(service)) return undefined;
  const port = isJsonObject(service["port"]) ? service["port"] : {};
  const { name, number } = port;
  const named = textOf(name) || (typeof number === "number" ? number : 0);
  return { service: textOf(service["name"]), port: named };
}

function objectsOf(json: Json | undefined): readonly JsonObject[] {
  return Array.isArray(json) ? json.filter(isJsonObject) : [];
}

function textsOf(json: Json | undefined): readonly string[] {
  return Array.isArray(json) ? json.map(textOf).filter((text) => text !== "") : [];
}

function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}
