import type { Instant } from "@beemesh/base";
import type { Amounts, MachineOffer } from "./machine-offer.ts";
import type { HostPort, Requirements } from "./requirements.ts";

/** Capacity that is kept for a pod that was awarded and has not started yet. */
export interface Lease {
  readonly uid: string;
  /** The award that it belongs to. */
  readonly award: string;
  readonly workload: string;
  readonly requirements: Requirements;
  readonly until: Instant;
}

/**
 * The leases of one machine. An offer with the leases taken off is what the machine may still
 * promise: no capacity is promised twice.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();

  get size(): number {
    return this.#leases.size;
  }

  has(uid: string): boolean {
    return this.#leases.has(uid);
  }

  add(lease: Lease): void {
    this.#leases.set(lease.uid, lease);
  }

  end(uid: string): Lease | undefined {
    const lease = this.#leases.get(uid);
    this.#leases.delete(uid);
    return lease;
  }

  /** Ends the leases that ran out, and returns them. */
  expire(now: Instant): Lease[] {
    const expired = [...this.#leases.values()].filter(({ until }) => until <= now);
    for (const { uid } of expired) this.#leases.delete(uid);
    return expired;
  }

  dueAt(): Instant | undefined {
    let due: Instant | undefined;
    for (const { until } of this.#leases.values()) {
      if (due === undefined || until < due) due = until;
    }
    return due;
  }

  /** The offer, less what is leased. */
  takenFrom(offer: MachineOffer): MachineOffer {
    if (this.#leases.size === 0) return offer;
    const { reserved } = offer;
    let amounts: Amounts = reserved;
    const workloads = new Map(offer.workloads);
    const hostPorts: HostPort[] = [...offer.hostPorts];
    for (const { workload, requirements } of this.#leases.values()) {
      amounts = {
        cpuMillicores: amounts.cpuMillicores + requirements.cpuMillicores,
        memoryBytes: amounts.memoryBytes + requirements.memoryBytes,
        pods: amounts.pods + 1,
      };
      workloads.set(workload, (workloads.get(workload) ?? 0) + 1);
      hostPorts.push(...requirements.hostPorts);
    }
    return { ...offer, reserved: amounts, workloads, hostPorts };
  }
}
