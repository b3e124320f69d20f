import { findResource } from "@beemesh/model";
import type { Call } from "../call.ts";
import { forbidden, notFound, type Status } from "../status.ts";

/** Why nothing may be created in the call's namespace, if so. */
export function namespaceRefusal({ context, info }: Call, name: string): Status | undefined {
  const namespaces = findResource("", "namespaces");
  if (!info.resource.namespaced || namespaces === undefined) return undefined;
  const namespace = context.store.get(namespaces, "", info.namespace);
  if (namespace === undefined) return notFound(namespaces, info.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return undefined;
  const place = `new content in namespace ${info.namespace}`;
  const why = `unable to create ${place} because it is being terminated`;
  const message = `namespace ${info.namespace} is being terminated`;
  const cause = { reason: "NamespaceTerminating", message, field: "metadata.namespace" };
  return forbidden(info.resource, name, why, [cause]);
}
