/** The scale of a workload: how many replicas are wanted, whatever the kind. */
import { type KubeObject, type Resource, scalePathsOf, withReplicas } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { pass } from "./admission/chain.ts";
import { changeIntent } from "./admission/intent.ts";
import { type Call, storedObject } from "./call.ts";
import { selectorText } from "./cell.ts";
import { fieldAt, mapAt, numberAt, textAt } from "./field.ts";
import { placeObject } from "./object-body.ts";
import { applied } from "./ownership.ts";
import { type PatchKind, patched, patchKindOf, patchOptionsOf } from "./patch.ts";
import { formatOf, renderObject } from "./rendition.ts";
import { replace } from "./replacement.ts";
import { done, invalid, methodNotAllowed, type Outcome, replyWith } from "./status.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

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
  if (verb === "get") return shown(call, scaleOf(before.value, call.info.resource));
  if (verb !== "update" && verb !== "patch") return replyWith(methodNotAllowed());
  const wish = verb === "update" ? replacedScale(call) : patchedScale(call, before.value);
  return wish.ok ? rescaled(call, before.value, wish.value) : replyWith(wish.status);
}

/** The Scale object of a workload. */
export function scaleOf(workload: KubeObject, resource: Resource): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
  const { replicas, status } = numbersOf(workload, resource);
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
    spec: { replicas },
    status,
  };
}

interface Numbers {
  readonly replicas: number;
  readonly status: { readonly replicas: number; readonly selector?: string };
}

function numbersOf(workload: KubeObject, resource: Resource): Numbers {
  const paths = scalePathsOf(resource);
  const labels = paths.selector;
  const own = fieldAt(workload, "spec", "selector");
  // A ReplicationController's is of the older kind, which is labels alone.
  const isOld = workload.kind === "ReplicationController";
  const plain = (): string => selectorText(isOld ? { matchLabels: own } : own);
  const selector = labels === undefined ? plain() : textAt(workload, ...labels);
  return {
    replicas: numberAt(workload, ...paths.wanted),
    status: {
      replicas: numberAt(workload, ...paths.actual),
      ...(resource.custom !== undefined && selector === ""
        ? {}
        : { selector: selector === "<none>" ? "" : selector }),
    },
  };
}

/** The Scale that a client wants, and how. */
interface Wish {
  readonly body: unknown;
  readonly kind: "update" | PatchKind;
  readonly options: WriteOptions;
}

function replacedScale({ request }: Call): Outcome<Wish> {
  const options = writeOptionsOf(request, "UpdateOptions");
  if (!options.ok) return options;
  return done({ body: request.body, kind: "update", options: options.value });
}

function patchedScale(call: Call, before: KubeObject): Outcome<Wish> {
  const found = patchKindOf(call.request.contentType, call.info);
  if (!found.ok) return found;
  const kind = found.value;
  const options = patchOptionsOf(call, kind);
  if (!options.ok) return options;
  // What is applied is the whole Scale that its manager wants.
  if (kind === "apply") return done({ body: call.request.body, kind, options: options.value });
  // A Scale has no lists, so that the strategic rules and the merge rules give the same.
  const plain = kind === "json" ? "json" : "merge";
  const info = { ...call.info, resource: scaleKind };
  const body = patched({ ...call, info }, plain, scaleOf(before, call.info.resource));
  return body.ok ? done({ body: body.value, kind, options: options.value }) : body;
}

function rescaled(call: Call, before: KubeObject, { body, kind, options }: Wish): ApiReply {
  const read = placeObject(body, { ...call.info, resource: scaleKind });
  if (!read.ok) return replyWith(read.status);
  const replicas = fieldAt(body, "spec", "replicas") ?? 0;
  if (!isCount(replicas)) {
    const value = JSON.stringify(replicas);
    const message = `Invalid value: ${value}: must be greater than or equal to 0`;
    const cause = { reason: "FieldValueInvalid", field: "spec.replicas", message };
    return replyWith(invalid(scaleKind, before.metadata.name, [cause]));
  }
  // Admission sees the Scale, before and after.
  const scaleBefore = scaleOf(before, call.info.resource);
  const scaleAfter = { ...scaleBefore, spec: { replicas } };
  const passed = pass(call, changeIntent(scaleBefore, scaleAfter, options));
  if (!passed.ok) return passed.reply;
  const admitted = numberAt(passed.intent.object, "spec", "replicas");
  const wanted =
    kind === "apply"
      ? appliedReplicas(call, before, { replicas: admitted, options })
      : done(withReplicas(before, scalePathsOf(call.info.resource), admitted));
  if (!wanted.ok) return replyWith(wanted.status);
  const { resourceVersion = "", uid = "" } = read.value.metadata;
  const next = { ...wanted.value, metadata: { ...wanted.value.metadata, resourceVersion, uid } };
  const reply = replace(
    { ...call, request: { ...call.request, accept: "application/json" } },
    { before, wanted: next, options, warnings: [], isTracked: kind === "apply", isJudged: true },
  );
  if (reply.kind !== "json" || reply.status !== 200) return reply;
  return { ...reply, body: scaleOf(asWorkload(reply.body, next), call.info.resource) };
}

/** An application of a Scale is one of the workload's number of replicas. */
function appliedReplicas(
  call: Call,
  before: KubeObject,
  { replicas, options }: { readonly replicas: number; readonly options: WriteOptions },
): Outcome<KubeObject> {
  const { apiVersion, kind } = before;
  const { name, namespace } = before.metadata;
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return applied(call, {
    before,
    config: withReplicas(
      { apiVersion, kind, metadata },
      scalePathsOf(call.info.resource),
      replicas,
    ),
    options,
  });
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
