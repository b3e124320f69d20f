/**
 * ValidatingAdmissionPolicies: rules in CEL that a cluster's owner writes, bound to what they are
 * to judge and to the parameters they judge by.
 *
 * Source: k8s.io/apiserver, admission/plugin/policy/validating.
 */
import { findResource, type KubeObject } from "@beemesh/model";
import type { Call } from "../call.ts";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import { forbidden, type Status } from "../status.ts";
import { conditionVerdict } from "./condition.ts";
import {
  evaluated,
  paramsOf,
  type Scene,
  type Scope,
  sceneOf,
  type Variable,
  withVariables,
} from "./expression.ts";
import type { Intent } from "./intent.ts";
import { isExempt, isMatch, type Matcher } from "./matching.ts";
import { type Params, paramsFor } from "./policy-params.ts";

const group = "admissionregistration.k8s.io";

/** Something that a policy has against a request. */
interface Objection {
  readonly policy: string;
  /** Undefined for what concerns the policy as a whole. */
  readonly binding: KubeObject | undefined;
  readonly message: string;
  /** Of the answer; empty for the usual one. */
  readonly reason: string;
}

/** Why policies forbid a request; undefined if they do not. What they warn of is told. */
export function policyRefusal(call: Call, intent: Intent): Status | undefined {
  const policies = recordsOf(call, "validatingadmissionpolicies");
  if (policies.length === 0 || isExempt(call.info.resource)) return undefined;
  const bindings = recordsOf(call, "validatingadmissionpolicybindings");
  for (const policy of policies) {
    const objections = objectionsOf(call, intent, { policy, bindings });
    const [denied] = objections.filter((each) => acts(call, each));
    if (denied !== undefined) return denial(call, intent, denied);
  }
  return undefined;
}

function recordsOf({ context }: Call, plural: string): readonly KubeObject[] {
  const resource = findResource(group, plural);
  return resource === undefined ? [] : context.store.list(resource).items;
}

/** Whether an objection refuses the request; if it only warns, the client is told. */
function acts({ counsel }: Call, { policy, binding, message }: Objection): boolean {
  if (binding === undefined) return true;
  const actions = listAt(binding, "spec", "validationActions");
  if (actions.includes("Warn")) {
    const whose = `ValidatingAdmissionPolicy '${policy}' with binding '${binding.metadata.name}'`;
    counsel.warn(`Validation failed for ${whose}: ${message}`);
  }
  return actions.includes("Deny");
}

const codes: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};
const invalidCode = 422;

function denial(call: Call, intent: Intent, objection: Objection): Status {
  const { policy, binding, reason } = objection;
  const by = binding === undefined ? "" : ` with binding '${binding.metadata.name}'`;
  const message = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${objection.message}`;
  const name = intent.name || (intent.object?.metadata.name ?? "");
  const status = forbidden(call.info.resource, name, message, [{ message }]);
  return { ...status, reason: reason || "Invalid", code: codes[reason] ?? invalidCode };
}

interface Bound {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
}

function objectionsOf(
  call: Call,
  intent: Intent,
  { policy, bindings }: Bound,
): readonly Objection[] {
  if (!isMatch(call, intent, constraintsOf(fieldAt(policy, "spec", "matchConstraints")))) return [];
  const { name } = policy.metadata;
  return bindings
    .filter((binding) => textAt(binding, "spec", "policyName") === name)
    .filter((binding) => isBound(call, intent, binding))
    .flatMap((binding) => boundObjections(call, intent, { policy, binding }));
}

/** A binding without constraints of its own binds all that the policy speaks of. */
function isBound(call: Call, intent: Intent, binding: KubeObject): boolean {
  const resources = fieldAt(binding, "spec", "matchResources");
  if (resources === undefined) return true;
  const matcher = constraintsOf(resources);
  const everything = {
    apiGroups: ["*"],
    apiVersions: ["*"],
    resources: ["*/*"],
    operations: ["*"],
  };
  const rules = matcher.rules.length === 0 ? [everything] : matcher.rules;
  return isMatch(call, intent, { ...matcher, rules });
}

function constraintsOf(resources: unknown): Matcher {
  return {
    rules: listAt(resources, "resourceRules"),
    excluded: listAt(resources, "excludeResourceRules"),
    matchPolicy: textAt(resources, "matchPolicy"),
    namespaceSelector: fieldAt(resources, "namespaceSelector"),
    objectSelector: fieldAt(resources, "objectSelector"),
  };
}

interface Pair {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
}

function boundObjections(call: Call, intent: Intent, pair: Pair): readonly Objection[] {
  const { policy, binding } = pair;
  const params = paramsFor(call, intent, pair);
  if (!params.ok) {
    // Of a binding that cannot be followed, only its policy says what that means.
    const message = `failed to configure binding: ${params.message}`;
    const strict = { ...binding, spec: { ...mapAt(binding, "spec"), validationActions: ["Deny"] } };
    return isLenient(policy)
      ? []
      : [{ policy: policy.metadata.name, binding: strict, message, reason: "" }];
  }
  return params.values.flatMap((value) => judged(call, intent, { ...pair, value }));
}

/** Whether a request goes on where the policy cannot be followed. */
function isLenient(policy: KubeObject): boolean {
  return textAt(policy, "spec", "failurePolicy") === "Ignore";
}

interface Judging extends Pair {
  readonly value: Params["values"][number];
}

/** The policy's own variables. */
export function variablesOf(policy: unknown): readonly Variable[] {
  return listAt(policy, "spec", "variables").map((each) => ({
    name: textAt(each, "name"),
    expression: textAt(each, "expression"),
  }));
}

function judged(
  call: Call,
  intent: Intent,
  { policy, binding, value }: Judging,
): readonly Objection[] {
  const { expressions } = call.context;
  const hasParams = fieldAt(policy, "spec", "paramKind") !== undefined;
  const variables = variablesOf(policy);
  const scope: Scope = { hasParams, variables: variables.map(({ name }) => name) };
  const bare = sceneOf(call, intent);
  const values = hasParams ? { ...bare.values, params: paramsOf(value) } : bare.values;
  const scene = withVariables(expressions, { ...bare, values }, { variables, hasParams });
  const objection = (message: string, reason = ""): Objection => ({
    policy: policy.metadata.name,
    binding,
    message,
    reason,
  });
  const failed = (message: string): readonly Objection[] =>
    isLenient(policy) ? [] : [objection(message)];
  const spec = fieldAt(policy, "spec");
  const conditionScope = { hasParams, variables: [] };
  const condition = conditionVerdict(call, scene, { owner: spec, scope: conditionScope });
  if (!condition.ok) return failed(condition.message);
  if (!condition.value) return [];
  return listAt(spec, "validations").flatMap((validation): readonly Objection[] => {
    const expression = textAt(validation, "expression");
    const outcome = evaluated(expressions.compile(expression, "bool", scope), expression, scene);
    if (!outcome.ok) return failed(outcome.message);
    if (outcome.value === true) return [];
    const message = messageOf(call, validation, { scene, scope });
    return [objection(message, textAt(validation, "reason"))];
  });
}

function messageOf(
  { context }: Call,
  validation: unknown,
  { scene, scope }: { readonly scene: Scene; readonly scope: Scope },
): string {
  const source = textAt(validation, "messageExpression");
  if (source !== "") {
    const compiled = context.expressions.compile(source, "string", scope);
    const outcome = evaluated(compiled, source, scene);
    const text = outcome.ok && typeof outcome.value === "string" ? outcome.value.trim() : "";
    if (text !== "" && !text.includes("\n")) return text;
  }
  const message = textAt(validation, "message").trim();
  return message || `failed expression: ${textAt(validation, "expression").trim()}`;
}
