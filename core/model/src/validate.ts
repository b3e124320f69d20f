/**
 * Validation: whether an object may be stored. First the shape, by the schema; then the rules of
 * every type in it; then, for a change, what may not change.
 */
import { assert } from "@beemesh/base";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import { accessRules } from "./access-rules.ts";
import type { Cause } from "./cause.ts";
import { containerRules } from "./container-rules.ts";
import { controlRules } from "./control-rules.ts";
import { dataRules } from "./data-rules.ts";
import { deviceRules } from "./device-rules.ts";
import { externalRules } from "./external-rules.ts";
import { ingressRules } from "./ingress-rules.ts";
import { jobRules } from "./job-rules.ts";
import { isSet, memberPath } from "./members.ts";
import { identityCauses, metaRules } from "./meta-rules.ts";
import type { KubeObject } from "./object.ts";
import { podRules } from "./pod-rules.ts";
import { policyRules } from "./policy-rules.ts";
import { publishedCauses, withImplied } from "./published-rules.ts";
import type { Resource } from "./resource.ts";
import type { Rules } from "./rule.ts";
import { type TypeSchema, typeOfResource } from "./schema.ts";
import { securityRules } from "./security-rules.ts";
import { serviceRules } from "./service-rules.ts";
import { storageRules } from "./storage-rules.ts";
import { causesMax, requiredCauses, structureCauses } from "./structure.ts";
import { createCauses, updateCauses } from "./update-rules.ts";
import { itemRules, valueRules } from "./value-rules.ts";
import { walk } from "./walk.ts";
import { workloadRules } from "./workload-rules.ts";

/**
 * Says what is wrong with an object, best after `defaults` were filled in.
 *
 * @param before - The stored version, when this is an update of it.
 * @param subresource - Through which it is updated; empty for the object itself.
 * @returns At most 100 causes; none if the object may be stored. If any is a
 *   `FieldValueTypeInvalid`, all are of the shape, and the rules were not asked.
 */
export function validate(
  resource: Resource,
  body: KubeObject,
  before?: KubeObject,
  subresource = "",
): readonly Cause[] {
  assert(isJsonObject(body), "an object of Kubernetes is a JSON object");
  const type = typeOfResource(resource);
  const shapeCauses = structureCauses(type, body);
  if (shapeCauses.length > 0) return shapeCauses;
  const causes = [...identityCauses(resource, body), ...ruleCauses(type, body)];
  if (isJsonObject(before)) causes.push(...updateCauses(resource, before, body, subresource));
  else causes.push(...createCauses(resource, body));
  return causes.slice(0, causesMax);
}

const rules: Rules = {
  ...metaRules,
  ...containerRules,
  ...podRules,
  ...securityRules,
  ...workloadRules,
  ...jobRules,
  ...serviceRules,
  ...dataRules,
  ...policyRules,
  ...ingressRules,
  ...externalRules,
  ...controlRules,
  ...storageRules,
  ...deviceRules,
  ...accessRules,
};

function ruleCauses(type: TypeSchema, body: JsonObject): readonly Cause[] {
  const causes: Cause[] = [];
  walk(type, withImplied(type, body), (inner, object, path) => {
    if (causes.length >= causesMax) return;
    const ruled = [
      ...valueCauses(inner, object, path),
      ...(rules[inner.name]?.(object, path) ?? []),
    ];
    const missing = unnamed(requiredCauses(inner, object, path), [...causes, ...ruled]);
    const own = [...missing, ...ruled];
    causes.push(...own, ...unnamed(publishedCauses(inner, object, path), [...causes, ...own]));
  });
  return causes;
}

/** The causes at fields of which nothing was said yet: two rules may say the same. */
function unnamed(found: readonly Cause[], said: readonly Cause[]): readonly Cause[] {
  return found.filter(({ field }) => said.every((cause) => cause.field !== field));
}

function valueCauses({ name }: TypeSchema, object: JsonObject, path: string): readonly Cause[] {
  const checks = Object.entries(valueRules[name] ?? {}).flatMap(([member, check]) => {
    const value = object[member];
    return value === undefined || !isSet(value) ? [] : check(value, memberPath(path, member));
  });
  const itemChecks = Object.entries(itemRules[name] ?? {}).flatMap(([member, check]) => {
    const list = object[member];
    if (!Array.isArray(list)) return [];
    return list.flatMap((item, index) => check(item, `${memberPath(path, member)}[${index}]`));
  });
  return [...checks, ...itemChecks];
}
