/**
 * Whether rules of webhooks and policies speak of a request: by operation, resource and scope, by
 * the labels of the namespace and of the object.
 *
 * Source: k8s.io/apiserver, admission/plugin/webhook/predicates.
 */
import {
  findResource,
  type KubeObject,
  matches,
  type Resource,
  type Selector,
  selectorOf,
} from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { listAt, textAt } from "../field.ts";
import { newerEvents } from "../newer-event.ts";
import { olderAutoscalers } from "../older-autoscaler.ts";
import { type Intent, namespaceOf } from "./intent.ts";

/** Kinds that decide about admission are never judged themselves: nobody could repair them. */
const exempt: ReadonlySet<string> = new Set([
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "validatingwebhookconfigurations",
]);

/** Whether nobody from outside judges objects of this kind. */
export function isExempt({ group, name }: Resource): boolean {
  return group === "admissionregistration.k8s.io" && exempt.has(name);
}

/** What a webhook, or the constraints of a policy, match by. */
export interface Matcher {
  readonly rules: readonly unknown[];
  readonly excluded?: readonly unknown[];
  readonly matchPolicy: string;
  readonly namespaceSelector: unknown;
  readonly objectSelector: unknown;
}

/** Whether a matcher speaks of a request. */
export function isMatch(call: Call, intent: Intent, matcher: Matcher): boolean {
  if (!selectsNamespace(call, intent, matcher.namespaceSelector)) return false;
  if (!selectsObject(intent, matcher.objectSelector)) return false;
  const isRuled = (rule: unknown): boolean => ruleMatches(call, intent, { rule, ...matcher });
  return matcher.rules.some(isRuled) && !(matcher.excluded ?? []).some(isRuled);
}

function selectsNamespace(call: Call, intent: Intent, selector: unknown): boolean {
  const chosen = selectorIn(selector);
  if (chosen === undefined) return true;
  const name = namespaceOf(call, intent);
  // What is in no namespace is never left out for its namespace's sake.
  if (name === "") return true;
  return matches(chosen, homeOf(call, intent)?.metadata.labels);
}

/** The namespace of a request: itself, if it is what the request is about. */
export function homeOf(call: Call, intent: Intent): KubeObject | undefined {
  const namespaces = findResource("", "namespaces");
  if (namespaces === undefined) return undefined;
  const isItself = call.info.resource === namespaces && call.info.subresource === "";
  if (isItself && intent.object !== undefined) return intent.object;
  return call.context.store.get(namespaces, "", namespaceOf(call, intent));
}

function selectsObject({ object, before }: Intent, selector: unknown): boolean {
  const chosen = selectorIn(selector);
  if (chosen === undefined) return true;
  return [object, before].some(
    (each) => each !== undefined && matches(chosen, each.metadata.labels),
  );
}

/** The selector, if it chooses anything: an empty one takes all. */
function selectorIn(selector: unknown): Selector | undefined {
  if (!isJsonObject(selector) || Object.keys(selector).length === 0) return undefined;
  return selectorOf(selector);
}

interface Rule extends Pick<Matcher, "matchPolicy"> {
  readonly rule: unknown;
}

function ruleMatches(call: Call, intent: Intent, { rule, matchPolicy }: Rule): boolean {
  const { subresource } = call.info;
  const names = listAt(rule, "resourceNames");
  return (
    has(rule, "operations", intent.operation) &&
    scopeMatches(call, intent, textAt(rule, "scope")) &&
    (names.length === 0 || names.includes(intent.name)) &&
    equivalentsOf(call, matchPolicy).some(
      (each) =>
        has(rule, "apiGroups", each.group) &&
        has(rule, "apiVersions", each.version) &&
        listAt(rule, "resources").some((wanted) => isNamed(wanted, each.name, subresource)),
    )
  );
}

function has(rule: unknown, member: string, value: string): boolean {
  const list = listAt(rule, member);
  return list.includes("*") || list.includes(value);
}

/** The resource, and for a matcher that asks for it the other versions that it is shown in. */
function equivalentsOf({ context, info }: Call, matchPolicy: string): readonly Resource[] {
  const { resource } = info;
  if (matchPolicy === "Exact") return [resource];
  const views = [...olderAutoscalers, ...newerEvents].filter(({ kept }) => kept === resource);
  const versions = context.store.resources.served.filter(
    ({ group, name }) => group === resource.group && name === resource.name,
  );
  return [resource, ...views.map((view) => view.resource), ...versions];
}

function scopeMatches(call: Call, intent: Intent, scope: string): boolean {
  const { resource } = call.info;
  const isNamespace = resource.group === "" && resource.name === "namespaces";
  const isNamespaced = !isNamespace && namespaceOf(call, intent) !== "";
  if (scope === "Namespaced") return isNamespaced;
  return scope !== "Cluster" || !isNamespaced;
}

/** `pods`, `pods/status`, `pods/*`, `*`, `*\/status` or `*\/*`. */
function isNamed(wanted: unknown, name: string, subresource: string): boolean {
  if (typeof wanted !== "string") return false;
  const [resource, sub = ""] = wanted.split("/");
  return (resource === "*" || resource === name) && (sub === "*" || sub === subresource);
}

/** The conditions of a webhook or a policy, as far as they are whole. */
export function conditionsOf(
  object: unknown,
): readonly { readonly name: string; readonly expression: string }[] {
  return listAt(object, "matchConditions").map((condition) => ({
    name: textAt(condition, "name"),
    expression: textAt(condition, "expression"),
  }));
}
