/**
 * Rules for what a Job makes of single failures and successes. Bounds are Kubernetes' own.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, notSupported, required, tooLong, tooMany } from "./cause.ts";
import { isSet, listAt, numberAt, objectAt, objectsAt, textAt } from "./members.ts";
import { duplicates } from "./rule.ts";

/** Rules of one policy: each failure, or each success, is held against all of them. */
const rulesMax = 20;

/** Exit codes of one rule: there are no more than these, but for 0. */
const exitCodesMax = 255;

/** Conditions of one rule. */
const conditionsMax = 20;

/** Bytes of a rule's indexes: as many as an Indexed Job may have fit, written as ranges. */
const indexesLengthMax = 64 * 1024;

/** What is wrong with the limits and policies of a Job's specification. */
export function jobPolicyCauses(spec: JsonObject, path: string): readonly Cause[] {
  const isIndexed = textAt(spec, "completionMode") === "Indexed";
  return [
    ...(isIndexed ? indexedCauses(spec, path) : plainCauses(spec, path)),
    ...(isSet(spec["maxFailedIndexes"]) && !isSet(spec["backoffLimitPerIndex"])
      ? [required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified")]
      : []),
    ...failurePolicyCauses(spec, path),
    ...(isIndexed ? successPolicyCauses(spec, `${path}.successPolicy.rules`) : []),
  ];
}

function indexedCauses(spec: JsonObject, path: string): readonly Cause[] {
  const [most, completions] = [numberAt(spec, "maxFailedIndexes"), numberAt(spec, "completions")];
  if (most === undefined || completions === undefined || most <= completions) return [];
  const rule = "must be less than or equal to completions";
  return [invalid(`${path}.maxFailedIndexes`, most, rule)];
}

/** Whoever has no indexes has nothing to say of them. */
function plainCauses(spec: JsonObject, path: string): readonly Cause[] {
  return ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"]
    .filter((member) => isSet(spec[member]))
    .map((member) =>
      invalid(`${path}.${member}`, spec[member], "requires indexed completion mode"),
    );
}

function failurePolicyCauses(spec: JsonObject, path: string): readonly Cause[] {
  if (objectAt(spec, "podFailurePolicy") === undefined) return [];
  const replacement = textAt(spec, "podReplacementPolicy");
  const rules = objectsAt(spec, "podFailurePolicy", "rules");
  const field = `${path}.podFailurePolicy.rules`;
  return [
    ...(replacement === "TerminatingOrFailed"
      ? [notSupported(`${path}.podReplacementPolicy`, replacement, ["Failed"])]
      : []),
    ...(rules.length > rulesMax ? [tooMany(field, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => failureRuleCauses(rule, spec, `${field}[${index}]`)),
  ];
}

function failureRuleCauses(rule: JsonObject, spec: JsonObject, path: string): readonly Cause[] {
  const exitCodes = objectAt(rule, "onExitCodes");
  const conditions = objectsAt(rule, "onPodConditions");
  const both = "specifying both OnExitCodes and OnPodConditions is not supported";
  const none = "specifying one of OnExitCodes and OnPodConditions is required";
  const count = (exitCodes === undefined ? 0 : 1) + (conditions.length === 0 ? 0 : 1);
  return [
    ...actionCauses(rule, spec, `${path}.action`),
    ...(exitCodes === undefined ? [] : exitCodeCauses(exitCodes, spec, `${path}.onExitCodes`)),
    ...(conditions.length > conditionsMax
      ? [tooMany(`${path}.onPodConditions`, conditions.length, conditionsMax)]
      : []),
    ...(count === 1 ? [] : [broken(path, count === 0 ? none : both)]),
  ];
}

/** A rule that is wrong as a whole: its value says nothing more. */
function broken(field: string, detail: string): Cause {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${detail}` };
}

function actionCauses(rule: JsonObject, spec: JsonObject, field: string): readonly Cause[] {
  const action = textAt(rule, "action");
  if (action === "") {
    return [required(field, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]')];
  }
  return action === "FailIndex" && !isSet(spec["backoffLimitPerIndex"])
    ? [invalid(field, action, "requires the backoffLimitPerIndex to be set")]
    : [];
}

function exitCodeCauses(codes: JsonObject, spec: JsonObject, path: string): readonly Cause[] {
  const operator = textAt(codes, "operator");
  const name = textAt(codes, "containerName");
  const containers = ["containers", "initContainers"]
    .flatMap((list) => objectsAt(spec, "template", "spec", list))
    .map((each) => textAt(each, "name"));
  const rule = "must be one of the container or initContainer names in the pod template";
  return [
    ...(operator === "" ? [required(`${path}.operator`, 'valid values: ["In" "NotIn"]')] : []),
    ...(isSet(codes["containerName"]) && !containers.includes(name)
      ? [invalid(`${path}.containerName`, name, rule)]
      : []),
    ...codeCauses(codes, `${path}.values`),
  ];
}

function codeCauses(codes: JsonObject, field: string): readonly Cause[] {
  const values = listAt(codes, "values").map(Number);
  if (values.length === 0) return [invalid(field, values, "at least one value is required")];
  const isOrdered = values.every(
    (value, index) => index === 0 || Number(values[index - 1]) <= value,
  );
  const zero = values.indexOf(0);
  const places = values.map((value, index) => ({
    key: String(value),
    field: `${field}[${index}]`,
    value,
  }));
  return [
    ...(values.length > exitCodesMax ? [tooMany(field, values.length, exitCodesMax)] : []),
    ...(zero >= 0 && textAt(codes, "operator") === "In"
      ? [invalid(`${field}[${zero}]`, 0, "must not be 0 for the In operator")]
      : []),
    ...duplicates(places),
    ...(isOrdered ? [] : [invalid(field, values, "must be ordered")]),
  ];
}

function successPolicyCauses(spec: JsonObject, path: string): readonly Cause[] {
  if (objectAt(spec, "successPolicy") === undefined) return [];
  const rules = objectsAt(spec, "successPolicy", "rules");
  const none = "at least one rules must be specified when the successPolicy is specified";
  return [
    ...(rules.length === 0 ? [required(path, none)] : []),
    ...(rules.length > rulesMax ? [tooMany(path, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) =>
      successRuleCauses(rule, numberAt(spec, "completions") ?? 0, `${path}[${index}]`),
    ),
  ];
}

function successRuleCauses(rule: JsonObject, completions: number, path: string): readonly Cause[] {
  const count = numberAt(rule, "succeededCount");
  const hasIndexes = isSet(rule["succeededIndexes"]);
  if (count === undefined && !hasIndexes) {
    return [required(path, "at least one of succeededCount or succeededIndexes must be specified")];
  }
  const text = textAt(rule, "succeededIndexes");
  const [indexesField, countField] = [`${path}.succeededIndexes`, `${path}.succeededCount`];
  if (text.length > indexesLengthMax) return [tooLong(indexesField, indexesLengthMax)];
  const read = readStrictly(text, completions);
  const most = (limit: number, what: string): Cause =>
    invalid(countField, count, `must be less than or equal to ${limit} (the number of ${what})`);
  return [
    ...(read.ok
      ? []
      : [invalid(indexesField, text, `error parsing succeededIndexes: ${read.message}`)]),
    ...(count !== undefined && count > completions
      ? [most(completions, "specified completions")]
      : []),
    ...(count !== undefined && hasIndexes && read.ok && count > read.total
      ? [most(read.total, "indexes in the specified succeededIndexes field")]
      : []),
  ];
}

type Reading =
  | { readonly ok: true; readonly total: number }
  | { readonly ok: false; readonly message: string };

/** How many indexes a text names: in order, each below `completions`. */
function readStrictly(text: string, completions: number): Reading {
  let [total, previous] = [0, -1];
  for (const part of text === "" ? [] : text.split(",")) {
    const limits = part.split("-");
    if (limits.length > 2) {
      const rule =
        `the fragment ${JSON.stringify(part)} violates the requirement that an index interval ` +
        "can have at most two parts separated by '-'";
      return { ok: false, message: rule };
    }
    for (const [index, limit] of limits.entries()) {
      const message = limitError(limit, { previous, completions });
      if (message !== undefined) return { ok: false, message };
      total += index === 0 ? 1 : Number(limit) - previous;
      previous = Number(limit);
    }
  }
  return { ok: true, total };
}

function limitError(
  limit: string,
  { previous, completions }: { readonly previous: number; readonly completions: number },
): string | undefined {
  if (!/^\+?\d{1,18}$/u.test(limit)) {
    return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
  }
  if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  return Number(limit) > previous
    ? undefined
    : `non-increasing order, previous: ${previous}, current: ${Number(limit)}`;
}
