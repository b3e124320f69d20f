/** Parts of a pod that have a subresource of their own: nothing else of the pod changes there. */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "./call.ts";
import { mapAt } from "./field.ts";
import { get } from "./list.ts";
import { readObject } from "./object-body.ts";
import { patched, patchKindOf } from "./patch.ts";
import { replace } from "./replacement.ts";
import {
  done,
  fail,
  methodNotAllowed,
  type Outcome,
  replyWith,
  unsupportedMediaType,
} from "./status.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

/** What is special about a part. */
export interface PodPart {
  /** The pod that a PUT is for, if clients send something else. */
  readonly wholePod?: (body: unknown, before: KubeObject) => unknown;
  /** The members of the specification that are taken from what was sent. */
  readonly taken: (sent: KubeObject, before: KubeObject) => Readonly<Record<string, unknown>>;
}

interface SentPod {
  readonly part: PodPart;
  readonly before: KubeObject;
  readonly body: unknown;
  readonly options: WriteOptions;
}

/** Answers what is asked of a part. */
export function podPart(call: Call, part: PodPart): ApiReply {
  const { verb } = call.info;
  if (verb === "get") return get(call);
  if (verb !== "update" && verb !== "patch") return replyWith(methodNotAllowed());
  const options = writeOptionsOf(
    call.request,
    verb === "update" ? "UpdateOptions" : "PatchOptions",
  );
  if (!options.ok) return replyWith(options.status);
  const stored = storedObject(call);
  if (!stored.ok) return replyWith(stored.status);
  const before = stored.value;
  const { wholePod = (body: unknown) => body } = part;
  const body =
    verb === "update" ? done(wholePod(call.request.body, before)) : patchedPod(call, before);
  if (!body.ok) return replyWith(body.status);
  return putPart(call, { part, before, body: body.value, options: options.value });
}

/** Puts what is taken of a whole pod in its place. */
function putPart(call: Call, sent: SentPod): ApiReply {
  const { before, body, options, part } = sent;
  const read = readObject(body, call.info, options);
  if (!read.ok) return replyWith(read.status);
  const { object, warnings } = read.value;
  const { resourceVersion = "", uid = "" } = object.metadata;
  const wanted = {
    ...before,
    metadata: { ...before.metadata, resourceVersion, uid },
    spec: { ...mapAt(before, "spec"), ...part.taken(object, before) },
  };
  return replace(call, { before, wanted, options, warnings });
}

function patchedPod(call: Call, before: KubeObject): Outcome<unknown> {
  const kind = patchKindOf(call.request.contentType, call.info);
  if (!kind.ok) return kind;
  if (kind.value === "apply") {
    return fail(unsupportedMediaType(["application/strategic-merge-patch+json"]));
  }
  return patched(call, kind.value, call.context.view.show(call.info.resource, before));
}
