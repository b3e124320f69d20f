/**
 * DELETE of an object, in the steps that Kubernetes takes: what finalizers, a machine or a full
 * namespace still hold is marked with a time of deletion; everything else goes at once.
 *
 * - Foreground and orphan propagation are finalizers, which the garbage collector acts on.
 * - A pod that runs somewhere is marked; its machine stops it and removes the record.
 *
 * Source: k8s.io/apiserver, registry/generic/registry/store.go and registry/rest/delete.go.
 */
import type { Now } from "@beemesh/base";
import { cleanupFinalizer, type KubeObject, type ObjectMeta } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { pass } from "./admission/chain.ts";
import type { Intent } from "./admission/intent.ts";
import type { Call } from "./call.ts";
import { storedObject } from "./call.ts";
import { fieldAt, listAt, textAt } from "./field.ts";
import { foregroundFinalizer, orphanFinalizer } from "./finalizer.ts";
import { formatOf, renderObject } from "./rendition.ts";
import { conflict, forbidden, replyWith, type Status, success, uidConflict } from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type DeleteOptions, deleteOptionsOf } from "./write-options.ts";

/** Namespaces that the mesh itself lives in. */
export const systemNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Grace of a pod that asks for none itself (k8s.io/api, DefaultTerminationGracePeriodSeconds). */
const podGraceSeconds = 30;

/** What a deletion has come to. */
export interface Deleted {
  /** As it was at its end, or as it is while it goes. */
  readonly object: KubeObject;
  readonly isGone: boolean;
  readonly ticket?: number;
}

/** Answers a DELETE of an object. */
export function remove(call: Call): ApiReply {
  const options = deleteOptionsOf(call.request);
  if (!options.ok) return replyWith(options.status);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const passed = pass(call, deletionIntent(call, before.value, options.value));
  if (!passed.ok) return passed.reply;
  const deleted = deleteObject(call, before.value, options.value);
  if ("code" in deleted) return replyWith(deleted);
  return {
    kind: "json",
    ...answerOf(call, deleted, (object) =>
      renderObject(object, { format: format.value, ...call.info, nowMs: call.now.wallMs }),
    ),
    ...(deleted.ticket === undefined ? {} : { ticket: deleted.ticket }),
  };
}

/** What a deletion wants, for admission. */
export function deletionIntent(
  { request }: Pick<Call, "request">,
  before: KubeObject,
  { dryRun }: DeleteOptions,
): Intent {
  const said = isJsonObject(request.body) ? request.body : {};
  const options = { ...said, kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" };
  const { name } = before.metadata;
  return { operation: "DELETE", object: undefined, before, name, options, dryRun };
}

/** Kinds whose last state is shown when they are gone; of the others only that they are. */
const shownWhenGone = new Set(["Pod", "Service", "ServiceAccount"]);

function answerOf(
  { context, info, request }: Call,
  { object, isGone }: Deleted,
  render: (object: KubeObject) => unknown,
): { readonly status: number; readonly body: unknown } {
  const { resource } = info;
  if (isGone && !shownWhenGone.has(resource.kind)) {
    const { name, uid = "" } = object.metadata;
    const group = resource.group === "" ? {} : { group: resource.group };
    return { status: 200, body: success(200, { name, ...group, kind: resource.name, uid }) };
  }
  const isForeground = textAt(request.body, "propagationPolicy") === "Foreground";
  const status = !isGone && isForeground ? 202 : 200;
  return { status, body: render(context.view.show(resource, object)) };
}

/** Deletes one object, or marks it for deletion; a Status if it may not be deleted so. */
export function deleteObject(
  call: Pick<Call, "context" | "info" | "now">,
  before: KubeObject,
  options: DeleteOptions,
): Deleted | Status {
  const refusal = refusalOf(call, before, options);
  if (refusal !== undefined) return refusal;
  const graceSeconds = before.kind === "Pod" ? podGrace(before, options) : 0;
  const finalizers = finalizersAfter(before, options);
  const holdsContent =
    before.kind === "Namespace" && listAt(before, "spec", "finalizers").length > 0;
  if (graceSeconds > 0 || finalizers.length > 0 || holdsContent) {
    return mark(call, before, { options, graceSeconds, finalizers });
  }
  if (options.dryRun) return { object: before, isGone: true };
  const { resource } = call.info;
  const { namespace = "", name } = before.metadata;
  const ticket = call.context.store.remove(resource, namespace, name);
  return { object: before, isGone: true, ...(ticket === undefined ? {} : { ticket: ticket.id }) };
}

function refusalOf(
  call: Pick<Call, "context" | "info">,
  before: KubeObject,
  options: DeleteOptions,
): Status | undefined {
  const { resource } = call.info;
  const { name } = before.metadata;
  if (before.kind === "Namespace" && systemNamespaces.includes(name)) {
    return forbidden(resource, name, "this namespace may not be deleted");
  }
  const { uid, resourceVersion } = options;
  if (uid !== "" && uid !== before.metadata.uid) {
    return uidConflict(resource, name, { asked: uid, found: before.metadata.uid });
  }
  const current = call.context.view.show(resource, before).metadata.resourceVersion ?? "";
  if (resourceVersion === "" || resourceVersion === current) return undefined;
  const asked = `ResourceVersion in precondition: ${resourceVersion}`;
  const why = `Precondition failed: ${asked}, ResourceVersion in object meta: ${current}`;
  return conflict(resource, name, why);
}

/** Seconds that the pod is given to end; 0 if there is nothing to end, or nobody to end it. */
function podGrace(pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const phase = textAt(pod, "status", "phase");
  const hasEnded = phase === "Succeeded" || phase === "Failed";
  if (hasEnded || textAt(pod, "spec", "nodeName") === "") return 0;
  const own = fieldAt(pod, "spec", "terminationGracePeriodSeconds");
  const asked = gracePeriodSeconds ?? (typeof own === "number" ? own : podGraceSeconds);
  const given = pod.metadata.deletionGracePeriodSeconds;
  // A second request may shorten what is left, never prolong it.
  return given === undefined ? asked : Math.min(given, asked);
}

const definitionKind = "CustomResourceDefinition";

function finalizersAfter(before: KubeObject, options: DeleteOptions): readonly string[] {
  const had = before.metadata.finalizers ?? [];
  const { propagationPolicy } = options;
  // A definition goes after what it defines.
  if (before.kind === definitionKind) return [...new Set([...had, cleanupFinalizer])];
  if (propagationPolicy === undefined) return had;
  const others = had.filter((each) => each !== foregroundFinalizer && each !== orphanFinalizer);
  if (propagationPolicy === "Foreground") return [...others, foregroundFinalizer];
  return propagationPolicy === "Orphan" ? [...others, orphanFinalizer] : others;
}

interface Mark {
  readonly options: DeleteOptions;
  readonly graceSeconds: number;
  readonly finalizers: readonly string[];
}

function mark(
  { context, info, now }: Pick<Call, "context" | "info" | "now">,
  before: KubeObject,
  { options, graceSeconds, finalizers }: Mark,
): Deleted {
  const { finalizers: had = [], ...rest } = before.metadata;
  const kept = finalizers.length === 0 ? rest : { ...rest, finalizers };
  const deletion = deletionMembers(before.metadata, graceSeconds, now);
  const hasSameFinalizers =
    finalizers.length === had.length && finalizers.every((each) => had.includes(each));
  if (deletion === undefined && hasSameFinalizers) return { object: before, isGone: false };
  const marked = { ...before, metadata: { ...kept, ...deletion } };
  if (options.dryRun) return { object: marked, isGone: false };
  const ticket = context.store.putSpec(info.resource, marked);
  return { object: ticket.object, isGone: false, ticket: ticket.id };
}

/** When the object is to be gone; undefined if that has been said and is not sooner now. */
function deletionMembers(
  metadata: ObjectMeta,
  graceSeconds: number,
  now: Now,
): Partial<ObjectMeta> | undefined {
  const isMarked = metadata.deletionTimestamp !== undefined;
  if (isMarked && graceSeconds >= (metadata.deletionGracePeriodSeconds ?? 0)) return undefined;
  const { generation } = metadata;
  const counts = !isMarked && generation !== undefined;
  return {
    deletionTimestamp: formatTimestamp(now.wallMs + graceSeconds * 1000),
    deletionGracePeriodSeconds: graceSeconds,
    ...(counts ? { generation: generation + 1 } : {}),
  };
}
