/** PUT to `namespaces/<name>/finalize`: who has emptied a namespace takes its finalizer away. */
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "./call.ts";
import { listAt } from "./field.ts";
import { decodeObject } from "./object-body.ts";
import { replace } from "./replacement.ts";
import { methodNotAllowed, replyWith } from "./status.ts";
import { writeOptionsOf } from "./write-options.ts";

/** Answers what is asked of a namespace's `finalize`. */
export function finalize(call: Call): ApiReply {
  if (call.info.verb !== "update") return replyWith(methodNotAllowed());
  const options = writeOptionsOf(call.request, "UpdateOptions");
  if (!options.ok) return replyWith(options.status);
  const read = decodeObject(call.request.body, call.info, options.value);
  if (!read.ok) return replyWith(read.status);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const { resourceVersion = "", uid = "" } = read.value.object.metadata;
  const finalizers = listAt(read.value.object, "spec", "finalizers");
  const metadata = { ...before.value.metadata, resourceVersion, uid };
  return replace(call, {
    before: before.value,
    wanted: { ...before.value, metadata, spec: { finalizers } },
    options: options.value,
    warnings: read.value.warnings,
  });
}
