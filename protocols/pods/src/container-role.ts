/**
 * What a container is for its pod: `sidecar` is an init container that is restarted always and runs
 * beside the main ones; `ephemeral` was added to look into the pod: it runs once, and the pod does
 * not count on it.
 */
export type ContainerRole = "init" | "sidecar" | "main" | "ephemeral";

type RestartPolicy = "Always" | "OnFailure" | "Never";

/** Whether such containers come before the main ones, one after another. */
export function isInitRole(role: ContainerRole): boolean {
  return role === "init" || role === "sidecar";
}

/** When a container that has ended is started again, by the policy of its pod. */
export function restartPolicyOf(
  role: ContainerRole,
  ofPod: RestartPolicy = "Always",
): RestartPolicy {
  if (role === "sidecar") return "Always";
  if (role === "ephemeral") return "Never";
  return role === "init" && ofPod === "Always" ? "OnFailure" : ofPod;
}
