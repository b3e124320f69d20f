/**
 * Nobody hands on more than they have: whoever writes a role needs all that it grants, or the
 * verb `escalate`; whoever binds one needs all that it grants, or the verb `bind`.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 * #privilege-escalation-prevention-and-bootstrapping
 */
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type { User } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { fieldAt } from "../field.ts";
import { forbidden, notFound, type Status } from "../status.ts";
import { rbacGroup } from "./default-roles.ts";
import { type RoleBook, referenceOf } from "./role-book.ts";
import { beyond, grantsMax, type PolicyRule, rulesOf, ruleText } from "./rule.ts";

/** What is about to be written, by whom. */
export interface Writing {
  readonly book: RoleBook;
  readonly user: User;
  readonly resource: Resource;
  readonly next: KubeObject;
  readonly before?: KubeObject | undefined;
}

/** Grants that are named in one refusal; more help nobody. */
const namedMax = 50;

/** Whoever changes what a role gathers could gather everything. */
const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
];

/** Why `user` may not write a role or binding; undefined if they may, and for all other kinds. */
export function escalation(writing: Writing): Status | undefined {
  if (writing.resource.group !== rbacGroup) return undefined;
  const { name } = writing.resource;
  if (name === "roles" || name === "clusterroles") return roleFault(writing);
  return name.endsWith("bindings") ? bindingFault(writing) : undefined;
}

function roleFault(writing: Writing): Status | undefined {
  const { book, user, resource, next, before } = writing;
  const { name, namespace = "" } = next.metadata;
  const gathers = fieldAt(next, "aggregationRule");
  const isSame = (member: string): boolean =>
    textOf(fieldAt(before, member)) === textOf(fieldAt(next, member));
  if (before !== undefined && isSame("rules") && isSame("aggregationRule")) return undefined;
  const wish = { verb: "escalate", group: rbacGroup, resource: resource.name, name, namespace };
  if (book.decide(user, { ...wish, subresource: "", path: "" }).allowed) return undefined;
  const isGathering = gathers !== undefined && gathers !== null;
  return lacking(writing, isGathering ? everything : rulesOf(next));
}

function bindingFault(writing: Writing): Status | undefined {
  const { book, user, next, before } = writing;
  const { namespace = "" } = next.metadata;
  const isSame = (["roleRef", "subjects"] as const).every(
    (member) => textOf(fieldAt(before, member)) === textOf(fieldAt(next, member)),
  );
  if (before !== undefined && isSame) return undefined;
  const { kind, name } = referenceOf(next);
  const role = findResource(rbacGroup, kind === "ClusterRole" ? "clusterroles" : "roles");
  if (role === undefined) return undefined;
  const wish = { verb: "bind", group: rbacGroup, resource: role.name, name, namespace };
  if (book.decide(user, { ...wish, subresource: "", path: "" }).allowed) return undefined;
  const rules = book.rulesOfReference(kind, name, namespace);
  return rules === undefined ? notFound(role, name) : lacking(writing, rules);
}

function lacking(
  { book, user, resource, next }: Writing,
  wanted: readonly PolicyRule[],
): Status | undefined {
  const { name, namespace = "" } = next.metadata;
  const { rules, fault } = book.rulesFor(user, namespace);
  const grants = beyond(rules, wanted);
  if (grants?.length === 0) return undefined;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ");
  const who = `user ${JSON.stringify(user.name)} (groups=[${groups}])`;
  if (grants === undefined) {
    return forbidden(resource, name, `${who} is attempting to grant over ${grantsMax} permissions`);
  }
  const list = grants.slice(0, namedMax).map(ruleText).join("\n");
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${list}`;
  return forbidden(resource, name, fault === "" ? why : `${why}; resolution errors: ${fault}`);
}

function textOf(value: unknown): string {
  return value === undefined ? "" : canonicalJson(value);
}
