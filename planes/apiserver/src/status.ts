/**
 * The answers that say how a request went: Status objects, worded as kube-apiserver words them,
 * because people read them and clients match on their reasons.
 *
 * Source: k8s.io/apimachinery, api/errors.
 */
import type { Resource } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";

/** One field that is wrong. `field` is a path such as `spec.replicas`. */
export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: { readonly continue?: string };
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  /** The HTTP status. */
  readonly code: number;
}

/** A value, or why there is none. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly status: Status };

export function done<Value>(value: Value): Outcome<Value> {
  return { ok: true, value };
}

export function fail(status: Status): { readonly ok: false; readonly status: Status } {
  return { ok: false, status };
}

function failure(
  code: number,
  reason: string,
  message: string,
  details: StatusDetails = {},
): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    details,
    code,
  };
}

type Named = Pick<Resource, "name" | "group" | "kind">;

/** `deployments.apps` of Deployments, `pods` of Pods. */
export function qualifiedName({ name, group }: Pick<Resource, "name" | "group">): string {
  return group === "" ? name : `${name}.${group}`;
}

function about(resource: Named, name: string): StatusDetails {
  const group = resource.group === "" ? {} : { group: resource.group };
  return { ...(name === "" ? {} : { name }), ...group, kind: resource.name };
}

interface UidPair {
  readonly asked: string;
  readonly found: string | undefined;
}

/** 404: the object is not there. */
export function notFound(resource: Named, name: string): Status {
  const message = `${qualifiedName(resource)} "${name}" not found`;
  return failure(404, "NotFound", message, about(resource, name));
}

/** 404: nothing is served at this path. */
export function noSuchPath(): Status {
  return failure(404, "NotFound", "the server could not find the requested resource");
}

/** 409: an object of this name is there already. */
export function alreadyExists(resource: Named, name: string): Status {
  const message = `${qualifiedName(resource)} "${name}" already exists`;
  return failure(409, "AlreadyExists", message, about(resource, name));
}

/** 409: the object is not what the writer believes it to be. */
export function conflict(resource: Named, name: string, why: string): Status {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return failure(409, "Conflict", message, about(resource, name));
}

/** 409: others own fields that were applied, as the causes say. */
export function applyConflict(message: string, causes: readonly Cause[]): Status {
  return failure(409, "Conflict", message, { causes });
}

/** 409: the object is not the one that the writer means. */
export function uidConflict(resource: Named, name: string, uids: UidPair): Status {
  const { asked, found = "" } = uids;
  const why = `Precondition failed: UID in precondition: ${asked}, UID in object meta: ${found}`;
  return conflict(resource, name, why);
}

/** 400. */
export function badRequest(message: string): Status {
  return failure(400, "BadRequest", message);
}

/** 422: fields of the object are wrong. */
export function invalid({ kind, group }: Named, name: string, causes: readonly Cause[]): Status {
  const texts = causes.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  const [first = "unknown cause"] = texts;
  const why = texts.length === 1 ? first : `[${texts.join(", ")}]`;
  const qualified = group === "" ? kind : `${kind}.${group}`;
  return failure(422, "Invalid", `${qualified} "${name}" is invalid: ${why}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind,
    causes,
  });
}

/** 403: allowed to ask, but not for this. */
export function forbidden(
  resource: Named,
  name: string,
  why: string,
  causes: readonly Cause[] = [],
): Status {
  const subject = name === "" ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  return failure(403, "Forbidden", `${subject} is forbidden: ${why}`, {
    ...about(resource, name),
    ...(causes.length === 0 ? {} : { causes }),
  });
}

/** 405. */
export function methodNotAllowed(): Status {
  const message = "the server does not allow this method on the requested resource";
  return failure(405, "MethodNotAllowed", message);
}

/** 406. `accepted` are the media types that can be given. */
export function notAcceptable(accepted: readonly string[]): Status {
  const message = `only the following media types are accepted: ${accepted.join(", ")}`;
  return failure(406, "NotAcceptable", message);
}

/** 415. `accepted` are the media types that can be read. */
export function unsupportedMediaType(accepted: readonly string[]): Status {
  const types = accepted.join(", ");
  const problem = "the body of the request was in an unknown format";
  const message = `${problem} - accepted media types include: ${types}`;
  return failure(415, "UnsupportedMediaType", message);
}

/** 410: the revision is not, or no longer, in this machine's log; the client lists again. */
export function expired(message: string, continueToken?: string): Status {
  const status = failure(410, "Expired", message);
  return continueToken === undefined
    ? status
    : { ...status, metadata: { continue: continueToken } };
}

/** 413. */
export function tooLarge(message: string): Status {
  return failure(413, "RequestEntityTooLarge", message);
}

/** 429. */
export function tooManyRequests(message: string, retryAfterSeconds: number): Status {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds });
}

/** 429: a budget needs the pod where it is. The client tries again when it likes. */
export function wouldDisrupt(budget: string, desired: number, healthy: number): Status {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const state = `needs ${desired} healthy pods and has ${healthy} currently`;
  const cause = { reason: "DisruptionBudget", message: `The disruption budget ${budget} ${state}` };
  return failure(429, "TooManyRequests", message, { causes: [cause] });
}

/** 500, as kube-apiserver answers it: which of several budgets counts is not defined. */
export function severalBudgets(): Status {
  const why = "which the eviction subresource does not support.";
  return failure(500, "InternalError", `This pod has more than one PodDisruptionBudget, ${why}`);
}

/** 500: something that the answer depends on has failed. */
export function internalError(why: string): Status {
  const message = `Internal error occurred: ${why}`;
  return failure(500, "InternalError", message, { causes: [{ message: why }] });
}

/** 503: nobody is there who could do it. */
export function unavailable(message: string): Status {
  return failure(503, "ServiceUnavailable", message);
}

/** 504: the answer would come too late. */
export function requestTimeout(): Status {
  const message = "Timeout: request did not complete within requested timeout";
  return failure(504, "Timeout", message);
}

/**
 * 504: the version that an object is wanted in is not there yet.
 *
 * Source: k8s.io/apiserver, storage/errors.go.
 */
export function tooLargeRevision(asked: string, current: string): Status {
  const what = "Too large resource version";
  return failure(504, "Timeout", `Timeout: ${what}: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: what }],
    retryAfterSeconds: 1,
  });
}

/** 403 without an object: the user may not do this at all. */
export function refused(message: string): Status {
  return failure(403, "Forbidden", message);
}

/** 200 or 201 without an object to show. */
export function success(code: 200 | 201, details?: StatusDetails): Status {
  const base = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" } as const;
  return details === undefined ? { ...base, code } : { ...base, details, code };
}

/** A Status as a reply. */
export function replyWith(status: Status): ApiReply {
  const retryAfter = status.details?.retryAfterSeconds;
  return {
    kind: "json",
    status: status.code,
    body: status,
    ...(retryAfter === undefined ? {} : { headers: { "Retry-After": String(retryAfter) } }),
  };
}
