/**
 * Resources without objects: Bindings, which say where a pod runs, and the statuses of a control
 * plane's components, of which a mesh has none.
 */
import { findResource, type Resource } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import type { Call } from "./call.ts";
import { textAt } from "./field.ts";
import { binding } from "./pod-order.ts";
import { formatOf, renderList } from "./rendition.ts";
import { badRequest, methodNotAllowed, notFound, replyWith } from "./status.ts";

function virtual(name: string, kind: string, rest: Partial<Resource>): Resource {
  return {
    name,
    kind,
    group: "",
    version: "v1",
    singular: kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: ["create"],
    hasGeneration: false,
    hasStatus: false,
    hasScale: false,
    ...rest,
  };
}

/** Those that are served and never kept. */
export const virtualResources: readonly Resource[] = [
  virtual("bindings", "Binding", {}),
  virtual("componentstatuses", "ComponentStatus", {
    namespaced: false,
    shortNames: ["cs"],
    verbs: ["get", "list"],
  }),
];

/** Answers a request for one of {@link virtualResources}. */
export function answerVirtual(call: Call): ApiReply {
  const { resource, verb, name } = call.info;
  if (!resource.verbs.includes(verb)) return replyWith(methodNotAllowed());
  if (resource.name === "bindings") {
    const pod = textAt(call.request.body, "metadata", "name");
    const pods = findResource("", "pods");
    if (pods === undefined || pod === "" || name !== "")
      return replyWith(badRequest("name must be provided"));
    return binding({ ...call, info: { ...call.info, resource: pods, name: pod } });
  }
  if (verb === "get") return replyWith(notFound(resource, name));
  const format = formatOf(call.request, "list");
  if (!format.ok) return replyWith(format.status);
  const { revision: resourceVersion } = call.context.store;
  const rendering = { format: format.value, resource, nowMs: call.now.wallMs };
  return { kind: "json", status: 200, body: renderList([], { resourceVersion }, rendering) };
}
