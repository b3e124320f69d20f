/** The scale of a workload: how many replicas are wanted, whatever the kind. */
import type { KubeObject, Resource } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "./call.ts";
import { selectorText } from "./cell.ts";
import { fieldAt, mapAt, numberAt } from "./field.ts";
import { placeObject } from "./object-body.ts";
import { patched, patchKindOf } from "./patch.ts";
import { formatOf, renderObject } from "./rendition.ts";
import { replace } from "./replacement.ts";
import { invalid, methodNotAllowed, type Outcome, replyWith } from "./status.ts";
import { writeOptionsOf } from "./write-options.ts";

/** How requests and answers name the scale of a workload. */
const scaleKind: Resource = {
  name: "scale",
  kind: "Scale",
  group: "autoscaling",
  version: "v1",
  singular: "scale",
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ["get", "patch", "update"],
  hasGeneration: false,
  hasStatus: true,
  hasScale: false,
};

/** Answers what is asked of `<workload>/scale`. */
export function scale(call: Call): ApiReply {
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const { verb } = call.info;
  if (verb === "get") return shown(call, scaleOf(before.value));
  if (verb === "update") {
    return rescaled(call, before.value, { ok: true, value: call.request.body });
  }
  if (verb !== "patch") return replyWith(methodNotAllowed());
  return rescaled(call, before.value, patchedScale(call, before.value));
}

/** The Scale object of a workload. */
export function scaleOf(workload: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
  const selector = selectorText(fieldAt(workload, "spec", "selector"));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: { replicas: numberAt(workload, "spec", "replicas") },
    status: {
      replicas: numberAt(workload, "status", "replicas"),
      selector: selector === "<none>" ? "" : selector,
    },
  };
}

function patchedScale(call: Call, before: KubeObject): Outcome<unknown> {
  const kind = patchKindOf(call.request.contentType);
  if (!kind.ok) return kind;
  // A Scale has no lists, so that the strategic rules and the merge rules give the same.
  const plain = kind.value === "json" ? "json" : "merge";
  return patched({ ...call, info: { ...call.info, resource: scaleKind } }, plain, scaleOf(before));
}

function rescaled(call: Call, before: KubeObject, body: Outcome<unknown>): ApiReply {
  if (!body.ok) return replyWith(body.status);
  const options = writeOptionsOf(call.request, "UpdateOptions");
  if (!options.ok) return replyWith(options.status);
  const destination = { ...call.info, resource: scaleKind };
  const read = placeObject(body.value, destination);
  if (!read.ok) return replyWith(read.status);
  const wanted = fieldAt(body.value, "spec", "replicas") ?? 0;
  if (!isCount(wanted)) {
    const message = `Invalid value: ${JSON.stringify(wanted)}: must be greater than or equal to 0`;
    const cause = { reason: "FieldValueInvalid", field: "spec.replicas", message };
    return replyWith(invalid(scaleKind, before.metadata.name, [cause]));
  }
  const { resourceVersion = "", uid = "" } = read.value.metadata;
  const metadata = { ...before.metadata, resourceVersion, uid };
  const next = { ...before, metadata, spec: { ...mapAt(before, "spec"), replicas: wanted } };
  const reply = replace(
    { ...call, request: { ...call.request, accept: "application/json" } },
    { before, wanted: next, options: options.value, warnings: [] },
  );
  if (reply.kind !== "json" || reply.status !== 200) return reply;
  return { ...reply, body: scaleOf(asWorkload(reply.body, next)) };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The reply's body is the workload as written; `fallback` only satisfies the type checker. */
function asWorkload(body: unknown, fallback: KubeObject): KubeObject {
  return { ...fallback, ...mapAt(body) };
}

function shown(call: Call, object: KubeObject): ApiReply {
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const rendering = { format: format.value, resource: scaleKind, nowMs: call.now.wallMs };
  return { kind: "json", status: 200, body: renderObject(object, rendering) };
}
