import type { JsonObject } from "@beemesh/wire";

/** Why a request is not served: becomes a Kubernetes `Status` and an HTTP status code. */
export interface Refusal {
  /** HTTP status code, 400 to 599. */
  readonly code: number;
  readonly message: string;
  /** Overrides the reason that belongs to the code. */
  readonly reason?: string;
  readonly retryAfterSeconds?: number;
}

/** Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go */
const reasonOfCode: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  408: "Timeout",
  409: "Conflict",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** Whether a value that may be a refusal is one. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

/** The `Status` object that tells a Kubernetes client of a refusal. */
export function statusOf(refusal: Refusal): JsonObject {
  const { code, message, retryAfterSeconds } = refusal;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: refusal.reason ?? reasonOfCode[code] ?? "Unknown",
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    code,
  };
}

/**
 * The `Status` that ends an exec or attach, as the kubelet writes it on the error channel: kubectl
 * reads the exit code from its cause.
 */
export function exitStatus(exitCode: number): JsonObject {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with exit code ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}
