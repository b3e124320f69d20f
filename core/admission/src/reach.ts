/**
 * Which webhooks and policies may have a say about the new pods of a namespace. The API says
 * whether one has: it knows conditions and selectors of objects as well. This is looked at before
 * anybody is asked, and by whoever has to believe that a webhook has changed a pod.
 */
import {
  findResource,
  type KubeObject,
  listAt,
  matches,
  mutatorsAnnotation,
  objectAt,
  objectsAt,
  type Resource,
  selectorOf,
  textAt,
} from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";

const group = "admissionregistration.k8s.io";

const mutating = findResource(group, "mutatingwebhookconfigurations");
const validating = findResource(group, "validatingwebhookconfigurations");
const policies = findResource(group, "validatingadmissionpolicies");
const bindings = findResource(group, "validatingadmissionpolicybindings");
const namespaces = findResource("", "namespaces");

/** What decides about admission besides the rules of namespaces. */
export const judgingResources: readonly Resource[] = [
  mutating,
  validating,
  policies,
  bindings,
].filter((resource) => resource !== undefined);

/** What of a store says who judges. */
type Records = Pick<ObjectStore, "get" | "list">;

/** Whether any webhook or policy may have a say about a new pod of a namespace. */
export function mayJudgePods(store: Records, namespace: string): boolean {
  const home = homeOf(store, namespace);
  const hooks = [...listOf(store, mutating), ...listOf(store, validating)];
  if (hooks.some((each) => objectsAt(each, "webhooks").some((hook) => reaches(hook, home)))) {
    return true;
  }
  const bound = new Set(listOf(store, bindings).map((each) => textAt(each, "spec", "policyName")));
  return listOf(store, policies).some(
    ({ metadata, spec }) =>
      bound.has(metadata.name) && reaches(objectAt(spec, "matchConstraints"), home),
  );
}

/** The webhook that a note names: of which configuration, and which of its webhooks. */
export interface Mutator {
  readonly configuration: string;
  readonly webhook: string;
}

/** A note of mutators; neither names of configurations nor of webhooks have a slash or a comma. */
export function mutatorsNote(mutators: readonly Mutator[]): string {
  return mutators.map(({ configuration, webhook }) => `${configuration}/${webhook}`).join(",");
}

/** Mutators that are read of one note; there is no reason for more. */
const mutatorsMax = 16;

/** The webhooks that a pod says have changed it. */
export function mutatorsOf({ metadata }: KubeObject): readonly Mutator[] {
  const note = metadata.annotations?.[mutatorsAnnotation] ?? "";
  return note
    .split(",", mutatorsMax)
    .filter((each) => each !== "")
    .map((each) => {
      const [configuration = "", webhook = ""] = each.split("/");
      return { configuration, webhook };
    });
}

/** Whether a webhook is there that may change new pods of a namespace. */
export function mayMutatePods(
  store: Records,
  namespace: string,
  { configuration, webhook }: Mutator,
): boolean {
  const known = mutating && store.get(mutating, "", configuration);
  const home = homeOf(store, namespace);
  return objectsAt(known, "webhooks").some(
    (hook) => textAt(hook, "name") === webhook && reaches(hook, home),
  );
}

function listOf(store: Records, resource: Resource | undefined): readonly KubeObject[] {
  return resource === undefined ? [] : store.list(resource).items;
}

function homeOf(store: Records, namespace: string): KubeObject | undefined {
  return namespaces && store.get(namespaces, "", namespace);
}

/** Whether a webhook, or the constraints of a policy, speak of new pods in a namespace. */
function reaches(matcher: unknown, home: KubeObject | undefined): boolean {
  const rules = [...objectsAt(matcher, "rules"), ...objectsAt(matcher, "resourceRules")];
  if (!rules.some(speaksOfNewPods)) return false;
  return selects(objectAt(matcher, "namespaceSelector"), home?.metadata.labels);
}

function speaksOfNewPods(rule: unknown): boolean {
  const has = (member: string, ...values: readonly string[]): boolean =>
    listAt(rule, member).some((each) => values.some((value) => value === each));
  return (
    has("apiGroups", "*", "") &&
    has("resources", "*", "*/*", "pods", "pods/*") &&
    has("operations", "*", "CREATE") &&
    textAt(rule, "scope") !== "Cluster"
  );
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** Whether labels meet a selector, if that can be read; one that says nothing takes all. */
function selects(selector: unknown, labels: KubeObject["metadata"]["labels"]): boolean {
  const wanted = objectAt(selector, "matchLabels") ?? {};
  const matchLabels = Object.fromEntries(
    Object.keys(wanted).map((key) => [key, textAt(wanted, key)]),
  );
  const said = objectsAt(selector, "matchExpressions");
  const matchExpressions = said.flatMap((each) => {
    const operator = operators.find((known) => known === textAt(each, "operator"));
    const values = listAt(each, "values").filter((value) => typeof value === "string");
    return operator === undefined ? [] : [{ key: textAt(each, "key"), operator, values }];
  });
  const isReadable = matchExpressions.length === said.length;
  return isReadable && matches(selectorOf({ matchLabels, matchExpressions }), labels);
}
