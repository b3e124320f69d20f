import type { FinalReply } from "@beemesh/ports";

/** How the machine itself refuses a request, in a Status as kube-apiserver's. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** When to try again, for those who are told to. */
  readonly retryAfterSeconds?: number;
}

/** A refusal as a reply. */
export function statusReply({ code, reason, message, retryAfterSeconds }: Refusal): FinalReply {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  const body = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...details,
    code,
  };
  const headers =
    retryAfterSeconds === undefined ? {} : { headers: { "Retry-After": `${retryAfterSeconds}` } };
  return { kind: "json", status: code, body, ...headers };
}
