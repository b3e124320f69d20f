/** What is wrong with the expressions of a new webhook configuration or policy. */
import type { KubeObject, Resource } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "../field.ts";
import type { Cause } from "../status.ts";
import type { Expressions, Scope } from "./expression.ts";
import { conditionsOf } from "./matching.ts";
import { variablesOf } from "./policy.ts";

const group = "admissionregistration.k8s.io";

/** Expressions that do not compile, field by field. What was kept once is not judged again. */
export function expressionFaults(
  expressions: Expressions,
  resource: Resource,
  { next, before }: { readonly next: KubeObject; readonly before?: KubeObject },
): readonly Cause[] {
  if (resource.group !== group) return [];
  const isSame = before !== undefined && partsOf(before) === partsOf(next);
  if (isSame) return [];
  if (resource.name === "validatingadmissionpolicies") return policyFaults(expressions, next);
  return listAt(next, "webhooks").flatMap((hook, index) =>
    conditionFaults(expressions, hook, {
      path: `webhooks[${index}]`,
      scope: { hasParams: false, variables: [] },
    }),
  );
}

function partsOf({ spec, ...rest }: KubeObject): string {
  return canonicalJson([spec ?? null, rest["webhooks"] ?? null]);
}

interface Place {
  readonly path: string;
  readonly scope: Scope;
}

function conditionFaults(
  expressions: Expressions,
  owner: unknown,
  { path, scope }: Place,
): readonly Cause[] {
  return conditionsOf(owner).flatMap(({ expression }, index) =>
    faultOf(expressions, expression, {
      path: `${path}.matchConditions[${index}].expression`,
      scope,
      result: "bool",
    }),
  );
}

function policyFaults(expressions: Expressions, policy: KubeObject): readonly Cause[] {
  const hasParams = fieldAt(policy, "spec", "paramKind") !== undefined;
  const variables = variablesOf(policy);
  const names = variables.map(({ name }) => name);
  const scope = { hasParams, variables: names };
  const parts = [
    { member: "validations", field: "expression", result: "bool" },
    { member: "validations", field: "messageExpression", result: "string" },
    { member: "auditAnnotations", field: "valueExpression", result: "dyn" },
  ];
  return [
    ...variables.flatMap(({ expression }, index) =>
      faultOf(expressions, expression, {
        path: `spec.variables[${index}].expression`,
        scope: { hasParams, variables: names.slice(0, index) },
        result: "dyn",
      }),
    ),
    ...conditionFaults(expressions, fieldAt(policy, "spec"), {
      path: "spec",
      scope: { hasParams, variables: [] },
    }),
    ...parts.flatMap(({ member, field, result }) =>
      listAt(policy, "spec", member).flatMap((each, index) => {
        const source = textAt(each, field);
        const path = `spec.${member}[${index}].${field}`;
        return source === "" ? [] : faultOf(expressions, source, { path, scope, result });
      }),
    ),
  ];
}

function faultOf(
  expressions: Expressions,
  source: string,
  { path: field, scope, result }: Place & { readonly result: string },
): readonly Cause[] {
  const compiled = expressions.compile(source, result, scope);
  if (compiled.ok) return [];
  const message = `Invalid value: ${JSON.stringify(source)}: ${compiled.message}`;
  return [{ reason: "FieldValueInvalid", field, message }];
}
