import { isJsonObject, type Json, type JsonLimits, parseJson } from "@beemesh/wire";

/**
 * What is carried. A `watch` is a word of one replica's sidecar to another's, in DATA, and comes to
 * no port.
 */
export type CarriedProtocol = "tcp" | "udp" | "watch";

const protocols: readonly CarriedProtocol[] = ["tcp", "udp", "watch"];

/** What a client wants of the other sidecar. */
export interface Opening {
  readonly protocol: CarriedProtocol;
  /** The port inside the pod, 1 to 65,535. */
  readonly port: number;
  /** The Service by which it came, as `namespace/name:port`; empty for none. */
  readonly service: string;
  /** W3C trace context of the connection; empty for none. */
  readonly traceparent: string;
}

/** Why a server does not open. */
export interface CarrierRefusal {
  /** Stable word for metrics, such as `policy`, `closed`, `limit`. */
  readonly cause: string;
  /** For people. */
  readonly reason: string;
}

/** Longest text of one member: a name of a Service is two DNS labels and a port. */
const memberLengthMax = 512;

const limits: JsonLimits = { lengthMax: 4096, depthMax: 1 };
const causePattern = /^[a-z][a-z-]{0,31}$/u;

/** Reads an opening from the text of its frame; undefined if it is malformed. */
export function readOpening(text: string): Opening | undefined {
  const json = parseJson(text, limits);
  if (!isJsonObject(json)) return undefined;
  const { port, service, traceparent } = json;
  const protocol = protocols.find((each) => each === json["protocol"]);
  if (protocol === undefined) return undefined;
  if (typeof port !== "number" || !Number.isInteger(port)) return undefined;
  if (port < 1 || port > 65_535) return undefined;
  if (!isShort(service) || !isShort(traceparent)) return undefined;
  return { protocol, port, service, traceparent };
}

function isShort(json: Json | undefined): json is string {
  return typeof json === "string" && json.length <= memberLengthMax;
}

/** Reads a refusal from the text of its frame; undefined if it is malformed. */
export function readCarrierRefusal(text: string): CarrierRefusal | undefined {
  const json = parseJson(text, limits);
  if (!isJsonObject(json)) return undefined;
  const { cause, reason } = json;
  if (typeof cause !== "string" || !causePattern.test(cause)) return undefined;
  if (!isShort(reason)) return undefined;
  return { cause, reason };
}
