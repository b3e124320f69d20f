/**
 * What a webhook or a policy does not reach: pods that controllers make. Every keeper may make
 * them, without an API and without anybody to ask; LimitRanges, priorities and quotas hold there.
 */
import type { KubeObject, Resource } from "@beemesh/model";
import { listAt } from "../field.ts";

const group = "admissionregistration.k8s.io";

/** What its author should know of a configuration or policy that speaks of new pods. */
export function reachWarnings(resource: Resource, object: KubeObject): readonly string[] {
  if (resource.group !== group) return [];
  const hooks = listAt(object, "webhooks");
  const rules = [
    ...hooks.flatMap((hook) => listAt(hook, "rules")),
    ...listAt(object, "spec", "matchConstraints", "resourceRules"),
  ];
  if (!rules.some(speaksOfNewPods)) return [];
  const instead = "match also what they are made from, such as deployments and jobs";
  return [`pods that controllers make are not judged by this: ${instead}`];
}

function speaksOfNewPods(rule: unknown): boolean {
  const has = (member: string, ...values: readonly string[]): boolean =>
    listAt(rule, member).some((each) => values.some((value) => value === each));
  return (
    has("apiGroups", "*", "") &&
    has("resources", "*", "*/*", "pods", "pods/*") &&
    has("operations", "*", "CREATE")
  );
}
