/** The status of an object, written apart from its specification. */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { admit, judge } from "./admission/chain.ts";
import { changeIntent } from "./admission/intent.ts";
import { type Call, storedObject } from "./call.ts";
import { validate } from "./kind.ts";
import { get } from "./list.ts";
import { readObject } from "./object-body.ts";
import { applied, managersOf, tracked, withManagers } from "./ownership.ts";
import { configOf, patched, patchKindOf, patchOptionsOf } from "./patch.ts";
import { formatOf, renderObject } from "./rendition.ts";
import { staleness } from "./replacement.ts";
import { invalid, methodNotAllowed, type Outcome, replyWith } from "./status.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

/** The status that comes of the one that is wanted, or why it is not taken. */
export type StatusRule = (before: KubeObject, wanted: KubeObject) => Outcome<unknown>;

/** Answers what is asked of `<object>/status`. */
export function status(call: Call): ApiReply {
  return writeStatus(call, (_, wanted) => ({ ok: true, value: wanted.status ?? {} }));
}

/** Answers a subresource that is a part of the status. */
export function writeStatus(call: Call, rule: StatusRule): ApiReply {
  const { verb } = call.info;
  if (verb === "get") return get(call);
  if (verb !== "update" && verb !== "patch") return replyWith(methodNotAllowed());
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const read = verb === "update" ? replaced(call) : patchedStatus(call, before.value);
  if (!read.ok) return replyWith(read.status);
  const next = rule(before.value, read.value.wanted);
  if (!next.ok) return replyWith(next.status);
  const wanted = { ...read.value.wanted, status: next.value };
  return written(call, { before: before.value, ...read.value, wanted });
}

interface Wanted {
  readonly wanted: KubeObject;
  readonly options: WriteOptions;
  /** Whether `wanted` says already who owns what then. */
  readonly isTracked: boolean;
}

function replaced(call: Call): Outcome<Wanted> {
  const options = writeOptionsOf(call.request, "UpdateOptions");
  if (!options.ok) return options;
  return wantedOf(call, call.request.body, options.value);
}

function patchedStatus(call: Call, before: KubeObject): Outcome<Wanted> {
  const kind = patchKindOf(call.request.contentType, call.info);
  if (!kind.ok) return kind;
  const options = patchOptionsOf(call, kind.value);
  if (!options.ok) return options;
  if (kind.value === "apply") return appliedStatus(call, before, options.value);
  const shown = call.context.view.show(call.info.resource, before);
  const body = patched(call, kind.value, shown);
  return body.ok ? wantedOf(call, body.value, options.value) : body;
}

function wantedOf(call: Call, body: unknown, options: WriteOptions): Outcome<Wanted> {
  const read = readObject(body, call.info, options);
  if (!read.ok) return read;
  return { ok: true, value: { wanted: read.value.object, options, isTracked: false } };
}

function appliedStatus(call: Call, before: KubeObject, options: WriteOptions): Outcome<Wanted> {
  const config = configOf(call, options);
  if (!config.ok) return config;
  const { object } = config.value;
  const wanted = applied(call, { before, config: object, options });
  if (!wanted.ok) return wanted;
  const { resourceVersion = "", uid = "" } = object.metadata;
  const metadata = { ...wanted.value.metadata, resourceVersion, uid };
  return { ok: true, value: { wanted: { ...wanted.value, metadata }, options, isTracked: true } };
}

interface Change extends Wanted {
  readonly before: KubeObject;
}

function written(call: Call, change: Change): ApiReply {
  const { before, wanted } = change;
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const stale = staleness(call, before, wanted);
  if (stale !== undefined) return replyWith(stale);
  const admitted = admittedStatus(call, change);
  if (!admitted.ok) return admitted.reply;
  const { next } = admitted;
  const { context, info } = call;
  const was = { ...before, status: before.status ?? {} };
  const isSame = change.options.dryRun || canonicalJson(was) === canonicalJson(next);
  const ticket = isSame ? undefined : context.store.putStatus(info.resource, next);
  const shown = context.view.show(info.resource, ticket?.object ?? next);
  return {
    kind: "json",
    status: 200,
    body: renderObject(shown, { format: format.value, ...info, nowMs: call.now.wallMs }),
    ...(ticket === undefined ? {} : { ticket: ticket.id }),
  };
}

/** The object with the status that is wanted, valid and let in; or why not. */
function admittedStatus(
  call: Call,
  { before, wanted, options, isTracked }: Change,
):
  | { readonly ok: true; readonly next: KubeObject }
  | { readonly ok: false; readonly reply: ApiReply } {
  const { resource } = call.info;
  const withStatus = (next: unknown): KubeObject => ({ ...before, status: next ?? {} });
  const admitted = admit(call, changeIntent(before, withStatus(wanted.status), options));
  if (!admitted.ok) return admitted;
  const after = withStatus(admitted.intent.object?.status);
  const whole = isTracked
    ? withManagers(after, managersOf(wanted))
    : tracked(call, { before, after, managers: managersOf(before) }, options);
  const violations = validate(resource, whole, before);
  if (violations.length > 0) {
    return { ok: false, reply: replyWith(invalid(resource, before.metadata.name, violations)) };
  }
  const judged = judge(call, { ...admitted.intent, object: whole });
  return judged === undefined ? { ok: true, next: whole } : { ok: false, reply: judged };
}
