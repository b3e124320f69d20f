/** How a request is put as a question of who may do what, and how a refusal is worded. */
import type { User } from "@beemesh/ports";
import type { Decision } from "./access/role-book.ts";
import type { Attributes } from "./access/rule.ts";
import type { RequestInfo } from "./request-info.ts";
import { qualifiedName, refused, type Status } from "./status.ts";

/** Decides whether `user` may do what `attributes` say. */
export type Authorize = (user: User, attributes: Attributes) => Decision;

/** Attributes of a request for objects. */
export function attributesOf(info: RequestInfo): Attributes {
  const { resource, subresource, namespace, name, verb } = info;
  // A namespace is in itself: who may do all in it may also look at it.
  const isNamespace = resource.group === "" && resource.name === "namespaces";
  return {
    verb,
    group: resource.group,
    resource: resource.name,
    subresource,
    namespace: isNamespace ? name : namespace,
    name,
    path: "",
  };
}

/** A 403 in kube-apiserver's words. */
export function refusal(user: User, attributes: Attributes, reason = ""): Status {
  const { verb, group, resource, subresource, namespace, name, path } = attributes;
  const because = reason === "" ? "" : `: ${reason}`;
  if (path !== "") {
    return refused(`forbidden: User "${user.name}" cannot ${verb} path "${path}"${because}`);
  }
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const subject = qualifiedName({ name: resource, group });
  const named = name === "" ? subject : `${subject} "${name}"`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `${verb} resource "${full}" in API group "${group}"`;
  const why = `User "${user.name}" cannot ${what} ${scope}${because}`;
  const status = refused(`${named} is forbidden: ${why}`);
  const details = { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }) };
  return { ...status, details: { ...details, kind: resource } };
}
