import {
  type HostPort,
  longevityOf,
  type MachineOffer,
  type Occupancy,
  requirementsOf,
} from "@beemesh/bidding";
import { type KubeObject, type Pod, taintsOf } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { NodeFacts, NodeHealth } from "./node.ts";
import { isFinished } from "./runner.ts";

/** What an offer is made of. */
export interface OfferSources {
  readonly facts: NodeFacts;
  readonly health: NodeHealth;
  /** This machine's Node record, for what users wrote into it; undefined before it exists. */
  readonly node: KubeObject | undefined;
  /** The pods that are assigned here; those that have ended take nothing. */
  readonly pods: Iterable<Pod>;
  readonly uptimeMs: number;
  /** Who is here, for those who may take their places. */
  readonly occupancy?: () => Occupancy;
}

/** What this machine can offer now: its capacity less what its pods have asked for. */
export function offerOf(sources: OfferSources): MachineOffer {
  const { facts, health, node, pods, uptimeMs, occupancy } = sources;
  const workloads = new Map<string, number>();
  const hostPorts: HostPort[] = [];
  const reserved = { cpuMillicores: 0, memoryBytes: 0, pods: 0 };
  for (const pod of pods) {
    if (isFinished(pod)) continue;
    const needs = requirementsOf(pod);
    reserved.cpuMillicores += needs.cpuMillicores;
    reserved.memoryBytes += needs.memoryBytes;
    reserved.pods += 1;
    hostPorts.push(...needs.hostPorts);
    const workload = workloadOf(pod);
    workloads.set(workload, (workloads.get(workload) ?? 0) + 1);
  }
  const spec = isJsonObject(node?.spec) ? node.spec : {};
  return {
    id: facts.peer,
    name: facts.name,
    labels: node?.metadata.labels ?? {},
    taints: taintsOf(node),
    unschedulable: spec["unschedulable"] === true || health.runtime !== "",
    capacity: {
      cpuMillicores: facts.cpuMillicores,
      memoryBytes: facts.memoryBytes,
      pods: facts.podsMax,
    },
    reserved,
    hostPorts,
    runtimeHandlers: facts.runtimeHandlers,
    workloads,
    longevity: longevityOf(uptimeMs),
    trust: 1,
    ...(occupancy && { occupancy }),
    diskPressure: health.disk !== "",
    memoryPressure: false,
  };
}

/** What pods are spread by: the uid of their controller, or their own. */
export function workloadOf({ metadata }: Pod): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.uid ?? metadata.uid ?? "";
}
