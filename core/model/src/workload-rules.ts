/** Rules for what makes pods out of a template. */
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notSupported } from "./cause.ts";
import { matches, selectorOf } from "./label-selector.ts";
import { entriesAt, isSet, listAt, numberAt, objectAt, textAt, textOf } from "./members.ts";
import type { LabelSelector } from "./pod.ts";
import type { Rules } from "./rule.ts";

/** How messages name the kinds; a Deployment's template is judged as its ReplicaSet's. */
const spokenKinds = {
  deployment: "ReplicaSet",
  replicaset: "ReplicaSet",
  statefulset: "StatefulSet",
  daemonset: "DaemonSet",
} as const;

/** Rules by type. */
export const workloadRules: Rules = {
  "apps.v1.DeploymentSpec": (spec, path) => [
    ...templateCauses(spec, path, "deployment"),
    ...strategyCauses(spec, path),
    ...deadlineCauses(spec, path),
  ],
  "apps.v1.ReplicaSetSpec": (spec, path) => templateCauses(spec, path, "replicaset"),
};

/** An object of the manifest as a selector; its types were checked by the schema. */
export function labelSelectorAt(value: unknown, ...path: readonly string[]): LabelSelector {
  const selector = objectAt(value, ...path) ?? {};
  return {
    matchLabels: labelsAt(selector, "matchLabels"),
    matchExpressions: listAt(selector, "matchExpressions")
      .filter(isJsonObject)
      .map((expression) => ({
        key: textAt(expression, "key"),
        operator: operatorOf(textAt(expression, "operator")),
        values: listAt(expression, "values").map(textOf),
      })),
  };
}

/** The labels at a path. */
export function labelsAt(value: unknown, ...path: readonly string[]): Record<string, string> {
  return Object.fromEntries(entriesAt(value, ...path).map(([key, text]) => [key, textOf(text)]));
}

function operatorOf(text: string): "In" | "NotIn" | "Exists" | "DoesNotExist" {
  if (text === "In" || text === "NotIn" || text === "Exists") return text;
  return "DoesNotExist";
}

/** What is wrong with the selector and the template of a controller whose pods run for ever. */
export function templateCauses(
  spec: JsonObject,
  path: string,
  kind: keyof typeof spokenKinds,
): readonly Cause[] {
  const selector = objectAt(spec, "selector");
  const template = objectAt(spec, "template");
  if (selector === undefined || template === undefined) return [];
  const wanted = labelSelectorAt(selector);
  const isEmpty =
    Object.keys(wanted.matchLabels ?? {}).length === 0 &&
    (wanted.matchExpressions ?? []).length === 0;
  if (isEmpty) {
    const rule = `empty selector is invalid for ${kind}`;
    return [invalid(`${path}.selector`, selector, rule)];
  }
  const labels = labelsAt(template, "metadata", "labels");
  const policy = textAt(template, "spec", "restartPolicy");
  return [
    ...(matches(selectorOf(wanted), labels)
      ? []
      : [
          invalid(
            `${path}.template.metadata.labels`,
            labels,
            "`selector` does not match template `labels`",
          ),
        ]),
    ...(["", "Always"].includes(policy)
      ? []
      : [notSupported(`${path}.template.spec.restartPolicy`, policy, ["Always"])]),
    ...(isSet(objectAt(template, "spec")?.["activeDeadlineSeconds"])
      ? [
          forbidden(
            `${path}.template.spec.activeDeadlineSeconds`,
            `activeDeadlineSeconds in ${spokenKinds[kind]} is not Supported`,
          ),
        ]
      : []),
  ];
}

function strategyCauses(spec: JsonObject, path: string): readonly Cause[] {
  const rolling = objectAt(spec, "strategy", "rollingUpdate");
  const field = `${path}.strategy.rollingUpdate`;
  if (rolling === undefined) return [];
  if (textAt(spec, "strategy", "type") === "Recreate") {
    const rule = "may not be specified when strategy `type` is 'Recreate'";
    return [forbidden(field, rule)];
  }
  const unavailable = rolling["maxUnavailable"];
  if (isNone(unavailable) && isNone(rolling["maxSurge"])) {
    const rule = "may not be 0 when `maxSurge` is 0";
    return [invalid(`${field}.maxUnavailable`, unavailable, rule)];
  }
  const share = Number(/^(\d+)%$/u.exec(textOf(unavailable))?.[1] ?? 0);
  return share > 100
    ? [invalid(`${field}.maxUnavailable`, unavailable, "must not be greater than 100%")]
    : [];
}

function isNone(value: unknown): boolean {
  return value === 0 || value === "0%";
}

function deadlineCauses(spec: JsonObject, path: string): readonly Cause[] {
  const deadline = numberAt(spec, "progressDeadlineSeconds");
  const ready = numberAt(spec, "minReadySeconds") ?? 0;
  if (deadline === undefined || deadline > ready) return [];
  const rule = "must be greater than minReadySeconds";
  return [invalid(`${path}.progressDeadlineSeconds`, deadline, rule)];
}
