/**
 * A new version of an object takes the place of the old one: the common end of PUT, PATCH and
 * server-side apply. Checks what the writer believed, keeps what only the server sets, counts
 * generations, and finishes a deletion that waited only for finalizers.
 */
import { isDefinition, type KubeObject, type ObjectMeta } from "@beemesh/model";
import type { ApiReply, WriteTicket } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { withFirstRequest } from "./access/certificate-request.ts";
import { escalation } from "./access/escalation.ts";
import { admit, judge } from "./admission/chain.ts";
import { changeIntent, type Intent } from "./admission/intent.ts";
import { expressionFaults } from "./admission/rules-fault.ts";
import { allocationFaults } from "./admission/service-allocation.ts";
import type { Call } from "./call.ts";
import { storedObject } from "./call.ts";
import { withStoredVersions } from "./custom/definition.ts";
import { isHeldOnlyByFinalizers } from "./finalizer.ts";
import { defaults, validate, warningsFor } from "./kind.ts";
import { withWrittenTaints } from "./node-taint.ts";
import { decodeObject } from "./object-body.ts";
import { claimedManagers, managersOf, statusManagers, tracked, withManagers } from "./ownership.ts";
import { formatOf, renderObject } from "./rendition.ts";
import {
  conflict,
  done,
  invalid,
  type Outcome,
  replyWith,
  type Status,
  uidConflict,
} from "./status.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

export interface Replacement {
  readonly before: KubeObject;
  /** As its author wants it. */
  readonly wanted: KubeObject;
  readonly options: WriteOptions;
  readonly warnings: readonly string[];
  /** Whether admission has seen it already, in the form that its subresource gives it. */
  readonly isJudged?: boolean;
  /** Whether `wanted` says already who owns what then, as what is applied does. */
  readonly isTracked?: boolean;
}

/** Answers a PUT of an object. */
export function update(call: Call): ApiReply {
  const options = writeOptionsOf(call.request, "UpdateOptions");
  if (!options.ok) return replyWith(options.status);
  const read = decodeObject(call.request.body, call.info, options.value);
  if (!read.ok) return replyWith(read.status);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  return replace(call, {
    before: before.value,
    wanted: read.value.object,
    options: options.value,
    warnings: read.value.warnings,
  });
}

/** Puts `wanted` in the place of `before`, or says why not. */
export function replace(call: Call, replacement: Replacement): ApiReply {
  const { before, wanted, options, warnings } = replacement;
  const { resource } = call.info;
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const stale = staleness(call, before, wanted);
  if (stale !== undefined) return replyWith(stale);
  const accounted = accountedObject(call, replacement);
  if (!accounted.ok) return replyWith(accounted.status);
  const admitted = admittedObject(call, replacement, accounted.value);
  if (!admitted.ok) return admitted.reply;
  const { next, intent } = admitted;
  const refusal = refusalOf(call, before, next);
  if (refusal !== undefined) return replyWith(refusal);
  const judged = intent && judge(call, { ...intent, object: next });
  if (judged !== undefined) return judged;
  const ticket = options.dryRun ? undefined : write(call, before, next);
  const shown = call.context.view.show(resource, ticket?.object ?? next);
  return {
    kind: "json",
    status: 200,
    body: renderObject(shown, { format: format.value, ...call.info, nowMs: call.now.wallMs }),
    warnings: [...warnings, ...warningsFor(resource, next)],
    ...(ticket === undefined ? {} : { ticket: ticket.id }),
  };
}

/** Why an object may not become another one; undefined if it may. */
function refusalOf(call: Call, before: KubeObject, next: KubeObject): Status | undefined {
  const { resource } = call.info;
  const violations = [
    ...addedFinalizers(before, next),
    ...validate(resource, next, before, call.info.subresource),
    ...expressionFaults(call.context.expressions, resource, { next, before }),
    ...allocationFaults(call.context.store, resource, { next, before }),
  ];
  if (violations.length > 0) return invalid(resource, before.metadata.name, violations);
  return escalation({ ...call.context, resource, user: call.request.user, next, before });
}

type AdmittedObject =
  | { readonly ok: true; readonly next: KubeObject; readonly intent?: Intent }
  | { readonly ok: false; readonly reply: ApiReply };

/** The next version as admission leaves it; what only the server sets is as before. */
function admittedObject(call: Call, replacement: Replacement, object: KubeObject): AdmittedObject {
  const { before, options, isJudged } = replacement;
  if (isJudged === true) return { ok: true, next: object };
  const intent = changeIntent(before, object, options);
  const admitted = admit(call, intent);
  if (!admitted.ok) return admitted;
  const wanted = admitted.intent.object;
  if (wanted === undefined || wanted === object) return { ok: true, next: object, intent };
  const { managedFields } = object.metadata;
  const kept = { ...wanted, metadata: { ...wanted.metadata, managedFields: managedFields ?? [] } };
  const accounted = accountedObject(call, { ...replacement, wanted: kept });
  return accounted.ok
    ? { ok: true, next: accounted.value, intent }
    : { ok: false, reply: replyWith(accounted.status) };
}

/** The next version, with the account of who owns which field of it. */
function accountedObject(call: Call, replacement: Replacement): Outcome<KubeObject> {
  const { before, wanted, options, isTracked } = replacement;
  const after = nextObject(call, before, wanted);
  if (isTracked === true) return done(withManagers(after, managersOf(wanted)));
  // Who writes through a subresource writes nothing else.
  const claims = call.info.subresource === "" ? wanted : before;
  const managers = claimedManagers(call, before, claims);
  if (!managers.ok) return managers;
  return done(tracked(call, { before, after, managers: managers.value }, options));
}

/** A 409 if the writer speaks of another version, or of another object, than there is. */
export function staleness(
  { context, info }: Pick<Call, "context" | "info">,
  before: KubeObject,
  wanted: KubeObject,
): Status | undefined {
  const { name } = before.metadata;
  const { resourceVersion = "", uid = "" } = wanted.metadata;
  const current = context.view.show(info.resource, before).metadata.resourceVersion;
  if (uid !== "" && uid !== before.metadata.uid) {
    return uidConflict(info.resource, name, { asked: uid, found: before.metadata.uid });
  }
  if (resourceVersion === "" || resourceVersion === current) return undefined;
  const why =
    "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(info.resource, name, why);
}

function nextObject(call: Call, before: KubeObject, wanted: KubeObject): KubeObject {
  const { resource } = call.info;
  const { status: _, ...rest } = wanted;
  const kept = resource.hasStatus ? { ...rest, ...statusOf(before) } : wanted;
  const metadata = keptMetadata(before.metadata, wanted.metadata);
  const written = withWrittenTaints(resource, { ...kept, metadata });
  const next = withFirstRequest(resource, defaults(resource, written), before);
  const isChanged = resource.hasGeneration && hasNewSpecification(before, next);
  return isChanged
    ? { ...next, metadata: { ...next.metadata, generation: (before.metadata.generation ?? 0) + 1 } }
    : next;
}

function statusOf(object: KubeObject): { readonly status?: unknown } {
  return object.status === undefined ? {} : { status: object.status };
}

/** Members of the metadata that no client changes. */
const serverMembers = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

function keptMetadata(before: ObjectMeta, wanted: ObjectMeta): ObjectMeta {
  const kept: Record<string, unknown> = { ...wanted };
  for (const member of serverMembers) {
    if (before[member] === undefined) delete kept[member];
    else kept[member] = before[member];
  }
  return { ...kept, name: before.name };
}

function hasNewSpecification(before: KubeObject, next: KubeObject): boolean {
  // A Deployment's annotations count as well (k8s.io/kubernetes, registry/apps/deployment).
  const withAnnotations = next.kind === "Deployment";
  return specificationText(before, withAnnotations) !== specificationText(next, withAnnotations);
}

function specificationText(object: KubeObject, withAnnotations: boolean): string {
  const { metadata, status: _, ...rest } = object;
  return canonicalJson(withAnnotations ? [rest, metadata.annotations ?? {}] : [rest]);
}

function addedFinalizers(before: KubeObject, next: KubeObject): ReturnType<typeof validate> {
  if (before.metadata.deletionTimestamp === undefined) return [];
  const had = before.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !had.includes(finalizer));
  if (added.length === 0) return [];
  const quoted = added.map((finalizer) => `"${finalizer}"`).join(", ");
  const rule = "no new finalizers can be added if the object is being deleted";
  const message = `Forbidden: ${rule}, found new finalizers []string{${quoted}}`;
  return [{ reason: "FieldValueForbidden", field: "metadata.finalizers", message }];
}

/** Writes what has changed. An object that waited only for this is gone with it. */
function write(
  { context, info }: Call,
  before: KubeObject,
  next: KubeObject,
): WriteTicket | undefined {
  if (isHeldOnlyByFinalizers(next) && (next.metadata.finalizers ?? []).length === 0) {
    const ticket = context.store.remove(info.resource, info.namespace, info.name);
    return ticket === undefined ? undefined : { ...ticket, object: next };
  }
  // A write that changes nothing gives no new version: watchers are not woken for it.
  if (canonicalJson(before) === canonicalJson(next)) return undefined;
  const ticket = context.store.putSpec(info.resource, next);
  const remembering = isDefinition(info.resource) ? withStoredVersions(before, next) : undefined;
  if (remembering !== undefined) return context.store.putStatus(info.resource, remembering);
  const isForgotten = next.metadata.managedFields === undefined;
  if (!isForgotten || statusManagers(before).length === 0) return ticket;
  // The account of the status stands with the status.
  return context.store.putStatus(info.resource, next);
}
