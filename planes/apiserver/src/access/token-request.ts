/** POST to `serviceaccounts/<name>/token`: a token of the account. */
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "../call.ts";
import { fieldAt, textAt } from "../field.ts";
import {
  badRequest,
  conflict,
  done,
  fail,
  invalid,
  methodNotAllowed,
  noSuchPath,
  notFound,
  type Outcome,
  replyWith,
  type Status,
} from "../status.ts";
import { formatTimestamp } from "../timestamp.ts";
import { writeOptionsOf } from "../write-options.ts";
import { audiencesIn, issueToken, lifetimeSecondsMin, type TokenBond } from "./service-token.ts";

/** kube-apiserver's: 2^32 seconds. */
const secondsMax = 2 ** 32;

const kind: Pick<Resource, "name" | "kind" | "group"> = {
  name: "tokenrequests",
  kind: "TokenRequest",
  group: "authentication.k8s.io",
};

/** Answers a TokenRequest. */
export function tokenRequest(call: Call): ApiReply {
  const { context, info, request, now } = call;
  const { tokens } = context;
  if (info.verb !== "create") return replyWith(methodNotAllowed());
  if (tokens === undefined) return replyWith(noSuchPath());
  const options = writeOptionsOf(request, "CreateOptions");
  if (!options.ok) return replyWith(options.status);
  const account = storedObject(call);
  if (!account.ok) return replyWith(account.status);
  const seconds = secondsOf(request.body, info.name);
  if (!seconds.ok) return replyWith(seconds.status);
  const bond = bondOf(call, account.value);
  if (!bond.ok) return replyWith(bond.status);
  const wish = {
    account: account.value,
    audiences: audiencesIn(request.body),
    expirationSeconds: seconds.value,
    bond: bond.value,
  };
  const issued = issueToken({ ...context, tokens }, wish, now);
  const boundObjectRef = fieldAt(request.body, "spec", "boundObjectRef");
  const { audiences, expirationSeconds, expiresMs, token } = issued;
  const status = { token, expirationTimestamp: formatTimestamp(expiresMs) };
  const body = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {
      name: info.name,
      namespace: info.namespace,
      creationTimestamp: formatTimestamp(now.wallMs),
    },
    spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: options.value.dryRun ? { ...status, token: "" } : status,
  };
  return { kind: "json", status: 201, body };
}

function secondsOf(body: unknown, name: string): Outcome<number | undefined> {
  const seconds = fieldAt(body, "spec", "expirationSeconds");
  if (seconds === undefined || seconds === null) return done(undefined);
  const problem = faultOf(seconds);
  if (problem === undefined) return done(Number(seconds));
  const message = `Invalid value: ${JSON.stringify(seconds)}: ${problem}`;
  const cause = { reason: "FieldValueInvalid", field: "spec.expirationSeconds", message };
  return fail(invalid(kind, name, [cause]));
}

function faultOf(seconds: unknown): string | undefined {
  if (typeof seconds !== "number" || !Number.isSafeInteger(seconds)) return "must be an integer";
  if (seconds < lifetimeSecondsMin) return "may not specify a duration less than 10 minutes";
  return seconds > secondsMax ? "may not specify a duration larger than 2^32 seconds" : undefined;
}

const bonds = { Pod: "pods", Secret: "secrets", Node: "nodes" } as const;

function bondOf(
  { context, info, request }: Call,
  account: KubeObject,
): Outcome<TokenBond | undefined> {
  const reference = fieldAt(request.body, "spec", "boundObjectRef");
  if (reference === undefined || reference === null) return done(undefined);
  const kindOf = textAt(reference, "kind");
  if (kindOf !== "Pod" && kindOf !== "Secret" && kindOf !== "Node") {
    return fail(badRequest(`cannot bind token to object of type ${kindOf}`));
  }
  const resource = findResource("", bonds[kindOf]) ?? info.resource;
  const name = textAt(reference, "name");
  const home = resource.namespaced ? info.namespace : "";
  const object = context.store.get(resource, home, name);
  if (object === undefined) return fail(notFound(resource, name));
  const bond: TokenBond = { kind: kindOf, object };
  const problem = mismatch({ resource, ...bond, uid: textAt(reference, "uid") }, account);
  return problem === undefined ? done(bond) : fail(problem);
}

/** Why a token of the account is not bound to the object. */
function mismatch(
  { resource, kind: kindOf, object, uid }: TokenBond & { resource: Resource; uid: string },
  { metadata }: KubeObject,
): Status | undefined {
  const holder = textAt(object, "spec", "serviceAccountName") || "default";
  if (kindOf === "Pod" && holder !== metadata.name) {
    const whose = `cannot bind token for serviceaccount ${JSON.stringify(metadata.name)}`;
    return badRequest(`${whose} to pod running with different serviceaccount name.`);
  }
  if (uid === "" || uid === object.metadata.uid) return undefined;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record`;
  const hint = "The object might have been deleted and then recreated";
  return conflict(resource, object.metadata.name, `${why}. ${hint}`);
}
