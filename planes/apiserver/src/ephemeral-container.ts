/**
 * Containers that are added to a running pod to look into it. They have a subresource of their
 * own, so that who may debug need not be who may deploy.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import type { Call } from "./call.ts";
import { listAt, mapAt, textAt } from "./field.ts";
import { podPart } from "./pod-part.ts";

/** Answers what is asked of `pods/<name>/ephemeralcontainers`. */
export function ephemeralContainers(call: Call): ApiReply {
  return podPart(call, {
    wholePod,
    taken: (sent) => ({ ephemeralContainers: listAt(sent, "spec", "ephemeralContainers") }),
  });
}

/**
 * The pod that a PUT is for. Up to kubectl 1.21 it was a kind of its own with nothing but the
 * containers: such a client can read nothing of what is there, so what it sends is added to that.
 */
function wholePod(body: unknown, before: KubeObject): unknown {
  if (textAt(body, "kind") !== "EphemeralContainers") return body;
  const there = listAt(before, "spec", "ephemeralContainers");
  const all = [...there, ...listAt(body, "ephemeralContainers")];
  return { ...before, spec: { ...mapAt(before, "spec"), ephemeralContainers: all } };
}
