/** The status of an object, written apart from its specification. */
import { type KubeObject, validate } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { type Call, storedObject } from "./call.ts";
import { get } from "./list.ts";
import { readObject } from "./object-body.ts";
import { patched, patchKindOf } from "./patch.ts";
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
  if (call.info.verb === "get") return get(call);
  const options = writeOptionsOf(call.request, "UpdateOptions");
  if (!options.ok) return replyWith(options.status);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const body = wantedOf(call, before.value);
  if (!body.ok) return replyWith(body.status);
  const read = readObject(body.value, call.info, options.value);
  if (!read.ok) return replyWith(read.status);
  const { object: wanted } = read.value;
  const next = rule(before.value, wanted);
  if (!next.ok) return replyWith(next.status);
  return written(call, {
    before: before.value,
    wanted: { ...wanted, status: next.value },
    options: options.value,
  });
}

function wantedOf(call: Call, before: KubeObject): Outcome<unknown> {
  if (call.info.verb === "update") return { ok: true, value: call.request.body };
  if (call.info.verb !== "patch") return { ok: false, status: methodNotAllowed() };
  const kind = patchKindOf(call.request.contentType);
  if (!kind.ok) return kind;
  const shown = call.context.view.show(call.info.resource, before);
  return patched(call, kind.value === "apply" ? "strategic" : kind.value, shown);
}

interface Wanted {
  readonly before: KubeObject;
  readonly wanted: KubeObject;
  readonly options: WriteOptions;
}

function written(call: Call, { before, wanted, options }: Wanted): ApiReply {
  const { context, info } = call;
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const stale = staleness(call, before, wanted);
  if (stale !== undefined) return replyWith(stale);
  const next = { ...before, status: wanted.status ?? {} };
  const violations = validate(info.resource, next, before);
  if (violations.length > 0) {
    return replyWith(invalid(info.resource, before.metadata.name, violations));
  }
  const isSame = canonicalJson(before.status ?? {}) === canonicalJson(next.status);
  const ticket =
    options.dryRun || isSame ? undefined : context.store.putStatus(info.resource, next);
  const shown = context.view.show(info.resource, ticket?.object ?? next);
  return {
    kind: "json",
    status: 200,
    body: renderObject(shown, { format: format.value, ...info, nowMs: call.now.wallMs }),
    ...(ticket === undefined ? {} : { ticket: ticket.id }),
  };
}
