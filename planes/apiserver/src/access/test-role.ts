/** Roles and bindings for tests. */

import type { Json, JsonObject } from "@beemesh/wire";
import { textAt } from "../field.ts";
import type { TestClient } from "../test-client.ts";

const group = "rbac.authorization.k8s.io";
export const rbacPath = `/apis/${group}/v1`;

export type TestRule = { verbs: string[]; apiGroups?: string[]; resources?: string[] } & JsonObject;

/** A rule for resources of the core group. */
export function testRule(verbs: string, resources: string): TestRule {
  return { verbs: verbs.split(","), apiGroups: [""], resources: resources.split(",") };
}

/** A Role in a namespace, or a ClusterRole without one. */
export function testRole(name: string, rules: readonly TestRule[], namespace = ""): JsonObject {
  const kind = namespace === "" ? "ClusterRole" : "Role";
  const place = namespace === "" ? {} : { namespace };
  return { apiVersion: `${group}/v1`, kind, metadata: { name, ...place }, rules: [...rules] };
}

/** A binding of a role, `ClusterRole/view` or `Role/reader`, to subjects such as `User bob`. */
export function testBinding(
  name: string,
  role: string,
  subjects: readonly string[],
  namespace = "",
): JsonObject {
  const [kind = "", roleName = ""] = role.split("/");
  const of = (subject: string): Json => {
    const [subjectKind = "", text = ""] = subject.split(" ");
    const [home = "", account = ""] = text.split("/");
    if (subjectKind === "ServiceAccount") {
      return { kind: subjectKind, name: account, namespace: home };
    }
    return { kind: subjectKind, name: text, apiGroup: group };
  };
  return {
    apiVersion: `${group}/v1`,
    kind: namespace === "" ? "ClusterRoleBinding" : "RoleBinding",
    metadata: { name, ...(namespace === "" ? {} : { namespace }) },
    roleRef: { kind, name: roleName, apiGroup: group },
    subjects: subjects.map(of),
  };
}

/** Where an object of RBAC is posted. */
export function pathOf(object: JsonObject, namespace = ""): string {
  const plural = `${textAt(object, "kind").toLowerCase()}s`;
  return namespace === ""
    ? `${rbacPath}/${plural}`
    : `${rbacPath}/namespaces/${namespace}/${plural}`;
}

/** Writes objects of RBAC as a master; the namespace is empty for those without one. */
export function grant(
  client: TestClient,
  namespace: string,
  ...objects: readonly JsonObject[]
): void {
  for (const object of objects) {
    const { status, body } = client.send(`POST ${pathOf(object, namespace)}`, object);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
}
