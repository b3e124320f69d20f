import type { Outcome } from "./ejection.ts";

/** Names of gRPC's status codes, by number. Source: gRPC, `doc/statuscodes.md`. */
const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export type GrpcStatusName = (typeof statusNames)[number];

/** Whether a content type is one of gRPC: `application/grpc`, `application/grpc+proto`, … */
export function isGrpcType(contentType: string): boolean {
  return /^application\/grpc(?:$|[+;])/iu.test(contentType);
}

/** The name of a `grpc-status`; what is no code of gRPC is UNKNOWN, as clients have it. */
export function grpcStatusName(text: string): GrpcStatusName {
  return (/^\d{1,2}$/u.test(text) ? statusNames[Number(text)] : undefined) ?? "UNKNOWN";
}

/** The number of a status, as `grpc-status` says it. */
export function grpcStatusCode(name: GrpcStatusName): string {
  return String(statusNames.indexOf(name));
}

const outcomes: Readonly<Partial<Record<GrpcStatusName, Outcome>>> = {
  UNAVAILABLE: "gateway",
  UNKNOWN: "serverError",
  INTERNAL: "serverError",
  DATA_LOSS: "serverError",
};

/** What a status says of the endpoint. Source: Envoy, "gRPC status to HTTP for outliers". */
export function grpcOutcome(name: GrpcStatusName): Outcome {
  return outcomes[name] ?? "ok";
}

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Reads a `grpc-timeout`, such as `250m` or `30S`.
 *
 * Source: gRPC, `doc/PROTOCOL-HTTP2.md`: at most eight digits and a unit.
 *
 * @returns Milliseconds, at least 1 where it is not 0; undefined if it is malformed.
 */
export function grpcTimeoutMs(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,8})([HMSmun])$/u.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  return unitMs === undefined ? undefined : Math.ceil(Number(digits) * unitMs);
}

/** The HTTP status that stands for a status of gRPC in a span, and where one is wanted. */
export function isGrpcFailure(name: GrpcStatusName): boolean {
  return (outcomes[name] ?? "ok") !== "ok" || name === "DEADLINE_EXCEEDED";
}
