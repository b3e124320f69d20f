/**
 * Other resources for a pod that runs. What its machine makes of that, the pod's status tells.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { isJsonObject, type Json } from "@beemesh/wire";
import type { Call } from "./call.ts";
import { listAt, textAt } from "./field.ts";
import { podPart } from "./pod-part.ts";

/** Answers what is asked of `pods/<name>/resize`. */
export function resize(call: Call): ApiReply {
  return podPart(call, {
    taken: (sent, before) => ({
      ...resized("containers", sent, before),
      ...resized("initContainers", sent, before),
    }),
  });
}

/** Members of a container that are taken from what was sent. */
const sizeMembers = ["resizePolicy", "resources"] as const;

/** The containers as they are, with the sizes that were sent; others are left to validation. */
function resized(
  list: string,
  sent: KubeObject,
  before: KubeObject,
): Readonly<Record<string, unknown>> {
  const had = listAt(before, "spec", list);
  const has = listAt(sent, "spec", list);
  if (had.length === 0 && has.length === 0) return {};
  const isInOrder =
    had.length === has.length &&
    had.every((each, index) => textAt(each, "name") === textAt(has[index], "name"));
  if (!isInOrder) return { [list]: has };
  return { [list]: had.map((each, index) => sized(each, has[index])) };
}

function sized(container: unknown, sent: unknown): unknown {
  if (!isJsonObject(container) || !isJsonObject(sent)) return container;
  const next: Record<string, Json> = { ...container };
  for (const member of sizeMembers) {
    const value = sent[member];
    if (value === undefined) delete next[member];
    else next[member] = value;
  }
  return next;
}
