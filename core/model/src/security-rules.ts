/** Rules for what pods and containers say about users, groups and rights. */
import { type Cause, invalid, required } from "./cause.ts";
import { isSet, listAt, objectsAt, textAt } from "./members.ts";
import { duplicates, type Rules } from "./rule.ts";
import { between, oneOf, type ValueCheck, type ValueRules } from "./value-check.ts";

/** A number that the kernel takes for a user or a group. */
const id: ValueCheck = between(0, 2_147_483_647);

/** Which values fields take. */
export const securityValueRules: ValueRules = {
  "core.v1.PodSecurityContext": {
    runAsUser: id,
    runAsGroup: id,
    fsGroup: id,
    fsGroupChangePolicy: oneOf("Always", "OnRootMismatch"),
    supplementalGroupsPolicy: oneOf("Merge", "Strict"),
  },
  "core.v1.SecurityContext": {
    runAsUser: id,
    runAsGroup: id,
    procMount: oneOf("Default", "Unmasked"),
  },
  "core.v1.SeccompProfile": { type: oneOf("Localhost", "RuntimeDefault", "Unconfined") },
};

/** Which items lists take. */
export const securityItemRules: ValueRules = {
  "core.v1.PodSecurityContext": { supplementalGroups: id },
};

/** Rules by type. */
export const securityRules: Rules = {
  "core.v1.SecurityContext": (context, path) => {
    if (context["allowPrivilegeEscalation"] !== false) return [];
    const rule = "cannot set `allowPrivilegeEscalation` to false and";
    const privileged = context["privileged"] === true ? [`${rule} \`privileged\` to true`] : [];
    const admin = listAt(context, "capabilities", "add").includes("CAP_SYS_ADMIN")
      ? [`${rule} \`capabilities.Add\` CAP_SYS_ADMIN`]
      : [];
    return [...privileged, ...admin].map((text) => invalid(path, context, text));
  },
  "core.v1.SeccompProfile": (profile, path) => {
    const field = `${path}.localhostProfile`;
    const isLocal = textAt(profile, "type") === "Localhost";
    const value = profile["localhostProfile"];
    if (isLocal && !isSet(value)) {
      return [required(field, "must be set when seccomp type is Localhost")];
    }
    return isLocal || !isSet(value)
      ? []
      : [invalid(field, value, "can only be set when seccomp type is Localhost")];
  },
  "core.v1.PodSecurityContext": (context, path) => {
    const places = objectsAt(context, "sysctls").map((sysctl, index) => ({
      key: textAt(sysctl, "name"),
      field: `${path}.sysctls[${index}].name`,
    }));
    return [...places.flatMap(({ key, field }) => sysctlCauses(key, field)), ...duplicates(places)];
  },
};

const sysctlLengthMax = 253;
const sysctlPattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const sysctlName = new RegExp(sysctlPattern, "u");

function sysctlCauses(name: string, field: string): readonly Cause[] {
  if (name === "" || (name.length <= sysctlLengthMax && sysctlName.test(name))) return [];
  const rule = `must have at most ${sysctlLengthMax} characters and match regex ${sysctlPattern}`;
  return [invalid(field, name, rule)];
}
