import { matchesTerms, type Taint, tolerates } from "@beemesh/model";
import type { Amounts, MachineOffer } from "./machine-offer.ts";
import type { HostPort, Requirements } from "./requirements.ts";

/** Why a machine was passed over because of a topology spread constraint. */
export const spreadFilter = "node(s) didn't match pod topology spread constraints";

const pressureTaints = {
  diskPressure: { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" },
  memoryPressure: { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" },
  unschedulable: { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
} as const satisfies Record<string, Taint>;

/**
 * The first condition that a machine fails, in kube-scheduler's words and in its order, so that
 * people find what they know; undefined if it fails none.
 */
export function failedFilter(
  requirements: Requirements,
  machine: MachineOffer,
  workload: string,
): string | undefined {
  return (
    placeFilter(requirements, machine) ??
    portsFilter(requirements.hostPorts, machine.hostPorts) ??
    resourcesFilter(requirements, machine) ??
    neighboursFilter(requirements, machine, workload)
  );
}

function placeFilter(requirements: Requirements, machine: MachineOffer): string | undefined {
  const { tolerations, nodeName, nodeSelector, affinity, runtimeHandler } = requirements;
  if (machine.unschedulable && !tolerates(tolerations, pressureTaints.unschedulable)) {
    return "node(s) were unschedulable";
  }
  if (nodeName !== undefined && nodeName !== machine.name) {
    return "node(s) didn't match the requested node name";
  }
  if (allTaintsOf(machine).some((taint) => isHard(taint) && !tolerates(tolerations, taint))) {
    return "node(s) had untolerated taint(s)";
  }
  if (runtimeHandler !== undefined && !machine.runtimeHandlers.includes(runtimeHandler)) {
    return `node(s) didn't have the runtime handler ${JSON.stringify(runtimeHandler)}`;
  }
  const selected = Object.entries(nodeSelector).every(
    ([key, value]) => machine.labels[key] === value,
  );
  if (!selected || (affinity && !matchesTerms(affinity, machine.labels, machine.name))) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  return undefined;
}

function portsFilter(wanted: readonly HostPort[], taken: readonly HostPort[]): string | undefined {
  const clash = wanted.some(({ port, protocol, ip }) =>
    taken.some((other) => {
      const isBeside = ip !== undefined && other.ip !== undefined && other.ip !== ip;
      return other.port === port && other.protocol === protocol && !isBeside;
    }),
  );
  return clash ? "node(s) didn't have free ports for the requested pod ports" : undefined;
}

function resourcesFilter(requirements: Requirements, machine: MachineOffer): string | undefined {
  const free = freeOf(machine);
  if (free.pods < 1) return "Too many pods";
  if (requirements.cpuMillicores > free.cpuMillicores) return "Insufficient cpu";
  if (requirements.memoryBytes > free.memoryBytes) return "Insufficient memory";
  return undefined;
}

function neighboursFilter(
  { spread, apart }: Requirements,
  machine: MachineOffer,
  workload: string,
): string | undefined {
  if (spread.some(({ key, hard }) => hard && machine.labels[key] === undefined)) {
    return `${spreadFilter} (missing required label)`;
  }
  if (apart && (machine.workloads.get(workload) ?? 0) > 0) {
    return "node(s) didn't match pod anti-affinity rules";
  }
  return undefined;
}

/** What a machine has left; less than nothing if it promised more than it has. */
export function freeOf({ capacity, reserved }: MachineOffer): Amounts {
  return {
    cpuMillicores: capacity.cpuMillicores - reserved.cpuMillicores,
    memoryBytes: capacity.memoryBytes - reserved.memoryBytes,
    pods: capacity.pods - reserved.pods,
  };
}

/** How many taints a pod would rather avoid but does not have to. */
export function softTaintsOf(requirements: Requirements, machine: MachineOffer): number {
  return machine.taints.filter(
    (taint) => !isHard(taint) && !tolerates(requirements.tolerations, taint),
  ).length;
}

function isHard({ effect }: Taint): boolean {
  return effect !== "PreferNoSchedule";
}

/** The machine's own taints and those that its condition amounts to. */
function allTaintsOf(machine: MachineOffer): Taint[] {
  const taints = [...machine.taints];
  if (machine.diskPressure) taints.push(pressureTaints.diskPressure);
  if (machine.memoryPressure) taints.push(pressureTaints.memoryPressure);
  return taints;
}
