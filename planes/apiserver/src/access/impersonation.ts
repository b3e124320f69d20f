/**
 * Acting as somebody else: each part of whom one wants to be is asked for by itself.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 * #user-impersonation
 */
import type { ApiRequest, Impersonation, User } from "@beemesh/ports";
import { type Authorize, refusal } from "../authorization.ts";
import { badRequest, done, fail, type Outcome } from "../status.ts";
import type { Attributes } from "./rule.ts";

const accountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/u;
const anonymousName = "system:anonymous";

/** Who the request is by: its sender, or whom the sender is allowed to act as. */
export function requester(request: ApiRequest, authorize: Authorize): Outcome<User> {
  const { impersonation, user } = request;
  if (impersonation === undefined) return done(user);
  if (impersonation.user === "") {
    return fail(badRequest("requested groups, uid or extra without impersonating a user"));
  }
  for (const attributes of questionsOf(impersonation)) {
    const decision = authorize(user, attributes);
    if (!decision.allowed) return fail(refusal(user, attributes, decision.reason));
  }
  return done(userOf(impersonation));
}

function* questionsOf({ user, groups, uid, extra }: Impersonation): Generator<Attributes> {
  const [, namespace, account] = accountPattern.exec(user) ?? [];
  if (namespace !== undefined && account !== undefined) {
    yield { ...question("serviceaccounts", account), namespace };
  } else yield question("users", user);
  for (const group of groups) yield question("groups", group);
  const group = "authentication.k8s.io";
  if (uid !== "") yield { ...question("uids", uid), group };
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      yield { ...question("userextras", value), group, subresource: key };
    }
  }
}

function question(resource: string, name: string): Attributes {
  return {
    verb: "impersonate",
    group: "",
    resource,
    subresource: "",
    namespace: "",
    name,
    path: "",
  };
}

function userOf({ user: name, groups, uid, extra }: Impersonation): User {
  const [, namespace] = accountPattern.exec(name) ?? [];
  const own = groups.length === 0 && namespace !== undefined ? accountGroups(namespace) : groups;
  const known = name === anonymousName ? "system:unauthenticated" : "system:authenticated";
  const all = own.includes(known) ? own : [...own, known];
  const hasExtra = Object.keys(extra).length > 0;
  return { name, groups: all, ...(uid !== "" && { uid }), ...(hasExtra && { extra }) };
}

/** The groups of every ServiceAccount of a namespace, besides those of all who are known. */
export function accountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}
