/**
 * Rules for roles, bindings and webhooks.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, notSupported, required } from "./cause.ts";
import { isSet, listAt, objectAt, objectsAt, textAt } from "./members.ts";
import { segmentError, subdomainError } from "./name.ts";
import type { Rules } from "./rule.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** Rules by type. */
export const accessRules: Rules = {
  "rbac.v1.Role": (role) => roleCauses(role, true),
  "rbac.v1.ClusterRole": (role) => roleCauses(role, false),
  "rbac.v1.RoleBinding": (binding) => bindingCauses(binding, ["ClusterRole", "Role"]),
  "rbac.v1.ClusterRoleBinding": (binding) => bindingCauses(binding, ["ClusterRole"]),
  "admissionregistration.v1.WebhookClientConfig": (config, path) =>
    isSet(config["url"]) === isSet(config["service"])
      ? [required(path, "exactly one of url or service is required")]
      : [],
};

function roleCauses(role: JsonObject, isNamespaced: boolean): readonly Cause[] {
  return objectsAt(role, "rules").flatMap((rule, index) =>
    policyCauses(rule, `rules[${index}]`, isNamespaced),
  );
}

function policyCauses(rule: JsonObject, path: string, isNamespaced: boolean): readonly Cause[] {
  const has = (member: string): boolean => listAt(rule, member).length > 0;
  const urls = listAt(rule, "nonResourceURLs");
  const field = `${path}.nonResourceURLs`;
  const causes = has("verbs")
    ? []
    : [required(`${path}.verbs`, "verbs must contain at least one value")];
  if (urls.length > 0) {
    if (isNamespaced) {
      causes.push(invalid(field, urls, "namespaced rules cannot apply to non-resource URLs"));
    }
    if (["apiGroups", "resources", "resourceNames"].some(has)) {
      causes.push(invalid(field, urls, mixedRule));
    }
    return causes;
  }
  if (!has("apiGroups")) {
    const detail = "resource rules must supply at least one api group";
    causes.push(required(`${path}.apiGroups`, detail));
  }
  if (!has("resources")) {
    const detail = "resource rules must supply at least one resource";
    causes.push(required(`${path}.resources`, detail));
  }
  return causes;
}

const mixedRule = "rules cannot apply to both regular resources and non-resource URLs";

function bindingCauses(binding: JsonObject, kinds: readonly string[]): readonly Cause[] {
  const role = objectAt(binding, "roleRef") ?? {};
  const [group, kind, name] = [
    textAt(role, "apiGroup"),
    textAt(role, "kind"),
    textAt(role, "name"),
  ];
  const nameError = name === "" ? undefined : segmentError(name);
  const isAcross = !kinds.includes("Role");
  return [
    ...(["", rbacGroup].includes(group)
      ? []
      : [notSupported("roleRef.apiGroup", group, [rbacGroup])]),
    ...(kind === "" || kinds.includes(kind) ? [] : [notSupported("roleRef.kind", kind, kinds)]),
    ...(nameError === undefined ? [] : [invalid("roleRef.name", name, nameError)]),
    ...objectsAt(binding, "subjects").flatMap((subject, index) =>
      subjectCauses(subject, `subjects[${index}]`, isAcross),
    ),
  ];
}

const subjectKinds = ["Group", "ServiceAccount", "User"];

function subjectCauses(subject: JsonObject, path: string, isAcross: boolean): readonly Cause[] {
  const [kind, name] = [textAt(subject, "kind"), textAt(subject, "name")];
  const group = textAt(subject, "apiGroup");
  if (kind === "") return [];
  if (!subjectKinds.includes(kind)) return [notSupported(`${path}.kind`, kind, subjectKinds)];
  if (kind !== "ServiceAccount") {
    return group === rbacGroup ? [] : [notSupported(`${path}.apiGroup`, group, [rbacGroup])];
  }
  const nameError = name === "" ? undefined : subdomainError(name);
  return [
    ...(nameError === undefined ? [] : [invalid(`${path}.name`, name, nameError)]),
    ...(group === "" ? [] : [notSupported(`${path}.apiGroup`, group, [""])]),
    ...(isAcross && textAt(subject, "namespace") === "" ? [required(`${path}.namespace`)] : []),
  ];
}
