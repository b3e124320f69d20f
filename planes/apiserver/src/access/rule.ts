/**
 * Rules of RBAC: what one allows, and whether some rules grant all that others do.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import { fieldAt } from "../field.ts";

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

/** What is allowed: every verb on every resource of every group, or on every path. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** `pods`, `pods/log`, any subresource named so as in `*` + `/scale`, or `*`. */
  readonly resources: readonly string[];
  /** Empty for all. */
  readonly resourceNames: readonly string[];
  /** `/metrics`, with a star at the end what begins so, or `*`. */
  readonly nonResourceURLs: readonly string[];
}

/** Rules of one role; the largest roles of real clusters have some hundred. */
const rulesMax = 2000;

/** Single grants that are compared when somebody writes a role; a role of more is refused. */
export const grantsMax = 20_000;

/** The rules of a Role or ClusterRole. Another member may have written it: no shape is promised. */
export function rulesOf(role: unknown): readonly PolicyRule[] {
  const rules = fieldAt(role, "rules");
  return Array.isArray(rules) ? rules.slice(0, rulesMax).map(ruleOf) : [];
}

function ruleOf(rule: unknown): PolicyRule {
  return {
    verbs: textsIn(rule, "verbs"),
    apiGroups: textsIn(rule, "apiGroups"),
    resources: textsIn(rule, "resources"),
    resourceNames: textsIn(rule, "resourceNames"),
    nonResourceURLs: textsIn(rule, "nonResourceURLs"),
  };
}

function textsIn(rule: unknown, member: string): readonly string[] {
  const found = fieldAt(rule, member);
  return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
}

/** Whether a rule allows what somebody wants to do. */
export function allows(rule: PolicyRule, wanted: Attributes): boolean {
  if (!holds(rule.verbs, wanted.verb)) return false;
  if (wanted.path !== "") return rule.nonResourceURLs.some((url) => isUnder(url, wanted.path));
  return (
    holds(rule.apiGroups, wanted.group) &&
    rule.resources.some((resource) => isFor(resource, wanted)) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(wanted.name))
  );
}

function holds(list: readonly string[], text: string): boolean {
  return list.includes("*") || list.includes(text);
}

function isFor(granted: string, { resource, subresource }: Attributes): boolean {
  if (granted === "*") return true;
  if (subresource === "") return granted === resource;
  return granted === `${resource}/${subresource}` || granted === `*/${subresource}`;
}

function isUnder(url: string, path: string): boolean {
  return url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1)));
}

/**
 * The grants of `wanted` that `held` does not cover, each as a rule of its own; undefined if
 * `wanted` has more than {@link grantsMax}.
 */
export function beyond(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] | undefined {
  if (wanted.reduce((sum, rule) => sum + countOf(rule), 0) > grantsMax) return undefined;
  return wanted
    .flatMap((rule) => grantsOf(rule))
    .filter((grant) => !held.some((rule) => covers(rule, grant)));
}

function countOf({ verbs, apiGroups, resources, resourceNames, ...rest }: PolicyRule): number {
  const ofObjects = apiGroups.length * resources.length * Math.max(1, resourceNames.length);
  return verbs.length * (ofObjects + rest.nonResourceURLs.length);
}

/** A rule as grants with one verb, one group, one resource and one name each. */
function grantsOf(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  const names = resourceNames.length === 0 ? [[]] : resourceNames.map((name) => [name]);
  const targets = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.map((each) => ({ apiGroups: [group], resources: [resource], resourceNames: each })),
    ),
  );
  const urls = nonResourceURLs.map((url) => ({ nonResourceURLs: [url] }));
  return [...targets, ...urls].flatMap((target) =>
    verbs.map((verb) => ({ ...nothing, ...target, verbs: [verb] })),
  );
}

const nothing: PolicyRule = {
  verbs: [],
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: [],
};

/** Whether `held` allows all that one grant does. */
function covers(held: PolicyRule, grant: PolicyRule): boolean {
  const [verb = ""] = grant.verbs;
  if (!holds(held.verbs, verb)) return false;
  const [url] = grant.nonResourceURLs;
  if (url !== undefined) return held.nonResourceURLs.some((each) => isUnder(each, url));
  const [group = ""] = grant.apiGroups;
  const [resource = ""] = grant.resources;
  const [name] = grant.resourceNames;
  return (
    holds(held.apiGroups, group) &&
    held.resources.some((each) => coversResource(each, resource)) &&
    (held.resourceNames.length === 0 || (name !== undefined && held.resourceNames.includes(name)))
  );
}

function coversResource(held: string, resource: string): boolean {
  if (held === "*" || held === resource) return true;
  const slash = resource.indexOf("/");
  return slash >= 0 && held === `*${resource.slice(slash)}`;
}

/** A rule in the words in which kube-apiserver refuses to grant it. */
export function ruleText(rule: PolicyRule): string {
  const list = (texts: readonly string[]): string =>
    `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
  const parts = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["ResourceNames", rule.resourceNames],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["Verbs", rule.verbs],
  ] as const;
  const said = parts.filter(([, texts]) => texts.length > 0);
  return `{${said.map(([name, texts]) => `${name}:${list(texts)}`).join(", ")}}`;
}
