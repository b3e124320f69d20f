/** Who may do what, and the questions about it (SelfSubjectReview and its kin). */
import type { ApiReply, User } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import type { Call } from "./call.ts";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";
import type { RequestInfo } from "./request-info.ts";
import { badRequest, qualifiedName, refused, replyWith, type Status } from "./status.ts";

/** What somebody wants to do. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Of a request that is for no object, such as `/metrics`; empty for objects. */
  readonly path: string;
}

/** Decides whether `user` may do what `attributes` say. */
export type Authorize = (user: User, attributes: Attributes) => boolean;

/** The group whose members may do everything. */
export const mastersGroup = "system:masters";

/** Members of `system:masters` may do everything, nobody else anything. */
export function mastersOnly(user: User): boolean {
  return user.groups.includes(mastersGroup);
}

/** Attributes of a request for objects. */
export function attributesOf(info: RequestInfo): Attributes {
  const { resource, subresource, namespace, name, verb } = info;
  return {
    verb,
    group: resource.group,
    resource: resource.name,
    subresource,
    namespace,
    name,
    path: "",
  };
}

/** A 403 in kube-apiserver's words. */
export function refusal(user: User, attributes: Attributes): Status {
  const { verb, group, resource, subresource, namespace, name, path } = attributes;
  if (path !== "") {
    return refused(`forbidden: User "${user.name}" cannot ${verb} path "${path}"`);
  }
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const subject = qualifiedName({ name: resource, group });
  const named = name === "" ? subject : `${subject} "${name}"`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `${verb} resource "${full}" in API group "${group}"`;
  const why = `User "${user.name}" cannot ${what} ${scope}`;
  const status = refused(`${named} is forbidden: ${why}`);
  const details = { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }) };
  return { ...status, details: { ...details, kind: resource } };
}

/** Answers a POST of one of the review kinds. */
export function review(call: Call, authorize: Authorize): ApiReply {
  const { request, info } = call;
  const { body, user } = request;
  if (body !== undefined && !isJsonObject(body)) {
    return replyWith(badRequest("the body of the request is not an object"));
  }
  const said = textAt(body, "kind") || info.resource.kind;
  if (said !== info.resource.kind) {
    return replyWith(badRequest(`${said} cannot be handled as a ${info.resource.kind}`));
  }
  const answer = {
    kind: info.resource.kind,
    apiVersion: `${info.resource.group}/${info.resource.version}`,
    metadata: { creationTimestamp: null },
    ...(body === undefined ? {} : { spec: mapAt(body, "spec") }),
    status: reviewStatus(info.resource.kind, { body, user }, authorize),
  };
  return { kind: "json", status: 201, body: answer };
}

function reviewStatus(
  kind: string,
  { body, user }: { readonly body: unknown; readonly user: User },
  authorize: Authorize,
): unknown {
  switch (kind) {
    case "SelfSubjectReview":
      return { userInfo: { username: user.name, groups: user.groups } };
    case "SelfSubjectRulesReview":
      return rulesOf(user, textAt(body, "spec", "namespace"), authorize);
    case "SubjectAccessReview": {
      const groups = listAt(body, "spec", "groups").map(String);
      const subject = { name: textAt(body, "spec", "user"), groups };
      return { allowed: authorize(subject, askedAttributes(body)) };
    }
    default:
      return { allowed: authorize(user, askedAttributes(body)) };
  }
}

function askedAttributes(body: unknown): Attributes {
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

/** All or nothing: what `authorize` says of everything at once. */
function rulesOf(user: User, namespace: string, authorize: Authorize): unknown {
  const everything = { verb: "*", group: "*", resource: "*", subresource: "", name: "" };
  const mayAll = authorize(user, { ...everything, namespace, path: "" });
  const resourceRules = mayAll
    ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]
    : [
        {
          verbs: ["create"],
          apiGroups: ["authorization.k8s.io"],
          resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        {
          verbs: ["create"],
          apiGroups: ["authentication.k8s.io"],
          resources: ["selfsubjectreviews"],
        },
      ];
  const nonResourceRules = mayAll
    ? [{ verbs: ["*"], nonResourceURLs: ["*"] }]
    : [{ verbs: ["get"], nonResourceURLs: ["/api", "/apis", "/healthz", "/version"] }];
  return { resourceRules, nonResourceRules, incomplete: false };
}
