import { fit, type MachineOffer, preemptionFor, requirementsOf } from "@beemesh/bidding";
import type { Pod } from "@beemesh/model";

/** Whether a pod that this machine is to run has room. */
export type Room =
  | { readonly kind: "free" }
  /** Pods of a lower priority have its place: these must go, others that go are waited for. */
  | { readonly kind: "taken"; readonly victims: readonly string[] };

/**
 * Whether there is room for a pod whose record names this machine. What it may not take from less
 * important ones it shares: who was put here by hand is started, as on any machine.
 *
 * @param offer - What this machine has beside the pod.
 */
export function roomFor(pod: Pod, offer: MachineOffer): Room {
  const { cpuMillicores, memoryBytes, hostPorts } = requirementsOf(pod);
  const requirements = {
    cpuMillicores,
    memoryBytes,
    hostPorts,
    // Where the pod runs has been decided: only its place is asked for.
    nodeSelector: {},
    tolerations: [{ operator: "Exists" }],
    spread: [],
    apart: false,
  } as const;
  if (fit(requirements, offer).ok) return { kind: "free" };
  const { priority = 0 } = pod.spec;
  const incomers = { requirements, workload: "", priority, count: 1 };
  const occupancy = offer.occupancy?.();
  const preemption = occupancy && preemptionFor(incomers, offer, occupancy);
  if (preemption === undefined) return { kind: "free" };
  return { kind: "taken", victims: preemption.victims.map(({ uid }) => uid) };
}
