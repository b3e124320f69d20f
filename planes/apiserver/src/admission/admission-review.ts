/**
 * AdmissionReviews: what a webhook is asked, and what its answer means, in the words of
 * kube-apiserver.
 *
 * Source: k8s.io/apiserver, admission/plugin/webhook/request and errors.
 */
import type { User } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import type { Status } from "../status.ts";
import type { Answered } from "./counsel.ts";
import { type Intent, jsonOf, kindOf, namespaceOf } from "./intent.ts";

/** The `request` of a review, but for its uid. */
export function reviewRequest(call: Call, intent: Intent): JsonObject {
  const { resource: about, subresource } = call.info;
  const kind = { ...kindOf(call, intent) };
  const resource = { group: about.group, version: about.version, resource: about.name };
  const namespace = namespaceOf(call, intent);
  const sub = subresource === "" ? {} : { subResource: subresource };
  return {
    kind,
    resource,
    ...sub,
    requestKind: kind,
    requestResource: resource,
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(intent.name === "" ? {} : { name: intent.name }),
    ...(namespace === "" ? {} : { namespace }),
    operation: intent.operation,
    userInfo: userInfo(call.request.user),
    object: jsonOf(intent.object),
    oldObject: jsonOf(intent.before),
    dryRun: intent.dryRun,
    options: Object.keys(intent.options).length === 0 ? null : intent.options,
  };
}

/** Who asks, as reviews and expressions see it. */
export function userInfo({ name, uid, groups, extra }: User): JsonObject {
  const more = Object.entries(extra ?? {}).map(([key, values]) => [key, [...values]]);
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(more.length === 0 ? {} : { extra: Object.fromEntries(more) }),
  };
}

/** What a webhook has decided. */
export type Verdict =
  | {
      readonly kind: "allowed";
      readonly warnings: readonly string[];
      readonly patch: Json | undefined;
    }
  | { readonly kind: "denied"; readonly warnings: readonly string[]; readonly status: Status }
  /** Nothing that counts as an answer. */
  | { readonly kind: "failed"; readonly reason: string };

/** How an answer is to be read. */
export interface Reading {
  /** The webhook's name. */
  readonly name: string;
  /** Whether it may change the object. */
  readonly isMutating: boolean;
}

/** What an answer means. */
export function verdictOf({ uid, answer }: Answered, { name, isMutating }: Reading): Verdict {
  if (!answer.ok) return failed(`failed to call webhook: ${answer.reason}`);
  const { body } = answer;
  const response = fieldAt(body, "response");
  const wrong = wrongResponse(body, uid) ?? wrongPatch(response, isMutating);
  if (wrong !== undefined) return failed(`received invalid webhook response: ${wrong}`);
  const warnings = listAt(response, "warnings").filter((each) => typeof each === "string");
  if (fieldAt(response, "allowed") !== true) {
    return { kind: "denied", warnings, status: denial(name, fieldAt(response, "status")) };
  }
  const encoded = textAt(response, "patch");
  if (encoded === "") return { kind: "allowed", warnings, patch: undefined };
  const { patch } = answer;
  if (Array.isArray(patch)) return { kind: "allowed", warnings, patch };
  return failed("received undecodable patch in webhook response: it is no list of operations");
}

function failed(reason: string): Verdict {
  return { kind: "failed", reason };
}

function wrongResponse(body: Json, uid: string): string | undefined {
  const response = fieldAt(body, "response");
  if (!isJsonObject(response)) return "webhook response was absent";
  const got = textAt(response, "uid");
  if (got !== uid)
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(got)}`;
  const [apiVersion, kind] = [textAt(body, "apiVersion"), textAt(body, "kind")];
  if (apiVersion === "admission.k8s.io/v1" && kind === "AdmissionReview") return undefined;
  const said = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  const wanted = "admission.k8s.io/v1, Kind=AdmissionReview";
  return `expected webhook response of ${wanted}, got ${said}, Kind=${kind}`;
}

function wrongPatch(response: unknown, isMutating: boolean): string | undefined {
  const hasPatch = textAt(response, "patch") !== "";
  const type = fieldAt(response, "patchType") ?? undefined;
  if (!isMutating) {
    if (hasPatch) return "validating webhook may not return response.patch";
    return type === undefined ? undefined : "validating webhook may not return response.patchType";
  }
  if (hasPatch && type === undefined) {
    return "webhook returned response.patch but not response.patchType";
  }
  if (!hasPatch && type !== undefined) {
    return "webhook returned response.patchType but not response.patch";
  }
  if (type === undefined || type === "JSONPatch") return undefined;
  return type === ""
    ? 'webhook returned invalid response.patchType of ""'
    : `unsupported patch type ${JSON.stringify(type)}`;
}

/** A refusal by a webhook, with what it says of itself where that makes sense. */
function denial(name: string, said: unknown): Status {
  const code = fieldAt(said, "code");
  const message = textAt(said, "message");
  const reason = textAt(said, "reason");
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const details = fieldAt(said, "details");
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message:
      message || reason ? `${denied}: ${message || reason}` : `${denied} without explanation`,
    ...(reason === "" ? {} : { reason }),
    ...(isJsonObject(details) ? { details: mapAt(details) } : {}),
    code: typeof code === "number" && code >= 400 && code < 600 ? code : 400,
  };
}
