/** The questions about who one is and who may do what: asked and answered, never kept. */
import type { ApiReply, User } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import type { Authorize } from "../authorization.ts";
import type { Call } from "../call.ts";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import { formatOf } from "../rendition.ts";
import { badRequest, replyWith } from "../status.ts";
import type { Decision } from "./role-book.ts";
import type { Attributes, PolicyRule } from "./rule.ts";
import { audiencesIn, judgeToken } from "./service-token.ts";

/** Answers a POST of one of the review kinds. */
export function review(call: Call, authorize: Authorize): ApiReply {
  const { request, info } = call;
  const { body } = request;
  const { kind, group, version } = info.resource;
  if (body !== undefined && !isJsonObject(body)) {
    return replyWith(badRequest("the body of the request is not an object"));
  }
  const said = textAt(body, "kind") || kind;
  if (said !== kind) return replyWith(badRequest(`${said} cannot be handled as a ${kind}`));
  const format = formatOf(request, "answer");
  if (!format.ok) return replyWith(format.status);
  const asked = textAt(body, "spec", "resourceAttributes", "namespace");
  if (kind === "LocalSubjectAccessReview" && asked !== info.namespace) {
    const why = "spec.resourceAttributes.namespace must be the namespace of the request";
    return replyWith(badRequest(why));
  }
  const spec = mapAt(body, "spec");
  // A token is not sent back to where it might be logged.
  const shown = kind === "TokenReview" ? { ...spec, token: "" } : spec;
  const answer = {
    kind,
    apiVersion: `${group}/${version}`,
    metadata: { creationTimestamp: null },
    ...(body === undefined || kind === "SelfSubjectReview" ? {} : { spec: shown }),
    status: statusOf(call, authorize),
  };
  return { kind: "json", status: 201, body: answer };
}

function statusOf(call: Call, authorize: Authorize): unknown {
  const { body, user } = call.request;
  switch (call.info.resource.kind) {
    case "SelfSubjectReview":
      return { userInfo: userInfo(user) };
    case "SelfSubjectRulesReview":
      return rulesStatus(call, user, textAt(body, "spec", "namespace"));
    case "TokenReview":
      return tokenStatus(call);
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      return decisionStatus(authorize(subjectOf(body), attributesAsked(body)));
    default:
      return decisionStatus(authorize(user, attributesAsked(body)));
  }
}

function decisionStatus({ allowed, reason }: Decision): unknown {
  return { allowed, ...(reason !== "" && { reason }) };
}

function userInfo({ name: username, uid, groups, extra }: User): unknown {
  return { username, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

function subjectOf(body: unknown): User {
  const groups = listAt(body, "spec", "groups").map(String);
  return { name: textAt(body, "spec", "user"), groups };
}

function attributesAsked(body: unknown): Attributes {
  const asked = fieldAt(body, "spec", "resourceAttributes");
  const path = textAt(body, "spec", "nonResourceAttributes", "path");
  return {
    verb: textAt(asked, "verb") || textAt(body, "spec", "nonResourceAttributes", "verb"),
    group: textAt(asked, "group"),
    resource: textAt(asked, "resource"),
    subresource: textAt(asked, "subresource"),
    namespace: textAt(asked, "namespace"),
    name: textAt(asked, "name"),
    path: asked === undefined ? path : "",
  };
}

function rulesStatus({ context }: Call, user: User, namespace: string): unknown {
  const { rules, fault } = context.book.rulesFor(user, namespace);
  const isForPaths = ({ nonResourceURLs }: PolicyRule): boolean => nonResourceURLs.length > 0;
  return {
    resourceRules: rules
      .filter(({ resources }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames.length > 0 && { resourceNames }),
      })),
    nonResourceRules: rules
      .filter(isForPaths)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: fault !== "",
    ...(fault !== "" && { evaluationError: fault }),
  };
}

function tokenStatus({ context, request, now }: Call): unknown {
  const { tokens } = context;
  const token = textAt(request.body, "spec", "token");
  if (tokens === undefined) return { authenticated: false, error: "there are no tokens here" };
  const verdict = judgeToken({ ...context, tokens }, token, audiencesIn(request.body), now);
  if (!verdict.ok) {
    return { authenticated: false, user: {}, error: `invalid bearer token: ${verdict.fault}` };
  }
  return { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences };
}
