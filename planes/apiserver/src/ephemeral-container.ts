/**
 * Containers that are added to a running pod to look into it. They have a subresource of their
 * own, so that who may debug need not be who may deploy.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "./call.ts";
import { listAt, mapAt, textAt } from "./field.ts";
import { get } from "./list.ts";
import { type ReadObject, readObject } from "./object-body.ts";
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
import { writeOptionsOf } from "./write-options.ts";

/** Answers what is asked of `pods/<name>/ephemeralcontainers`: nothing else of the pod changes. */
export function ephemeralContainers(call: Call): ApiReply {
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
  const body = verb === "update" ? wholePod(call.request.body, before) : patchedPod(call, before);
  if (!body.ok) return replyWith(body.status);
  const read: Outcome<ReadObject> = readObject(body.value, call.info, options.value);
  if (!read.ok) return replyWith(read.status);
  const { object, warnings } = read.value;
  const added = listAt(object, "spec", "ephemeralContainers");
  const { resourceVersion = "", uid = "" } = object.metadata;
  const wanted = {
    ...before,
    metadata: { ...before.metadata, resourceVersion, uid },
    spec: { ...mapAt(before, "spec"), ephemeralContainers: added },
  };
  return replace(call, { before, wanted, options: options.value, warnings });
}

/**
 * The pod that a PUT is for. Up to kubectl 1.21 it was a kind of its own with nothing but the
 * containers: such a client can read nothing of what is there, so what it sends is added to that.
 */
function wholePod(body: unknown, before: KubeObject): Outcome<unknown> {
  if (textAt(body, "kind") !== "EphemeralContainers") return done(body);
  const there = listAt(before, "spec", "ephemeralContainers");
  const all = [...there, ...listAt(body, "ephemeralContainers")];
  return done({ ...before, spec: { ...mapAt(before, "spec"), ephemeralContainers: all } });
}

function patchedPod(call: Call, before: KubeObject): Outcome<unknown> {
  const kind = patchKindOf(call.request.contentType, call.info);
  if (!kind.ok) return kind;
  if (kind.value === "apply") {
    return fail(unsupportedMediaType(["application/strategic-merge-patch+json"]));
  }
  return patched(call, kind.value, call.context.view.show(call.info.resource, before));
}
