import { after, type Instant } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import type { MachineUsage, PodUsage } from "@beemesh/ports";

/** What a machine told is believed for as long as metrics-server shows it. */
const believedMs = 90_000;

/** What one pod used, and when that was measured. */
export interface PodReading extends PodUsage {
  /** The end of the window, in milliseconds since 1970. */
  readonly wallMs: number;
  readonly windowMs: number;
}

/** What machines told of their pods when the controllers asked. */
export class UsageBook {
  readonly #told = new Map<
    string,
    { readonly usage: MachineUsage; readonly pods: ReadonlyMap<string, PodUsage>; at: Instant }
  >();

  take(usages: readonly MachineUsage[], at: Instant): void {
    for (const usage of usages) {
      const pods = new Map(usage.pods.map((pod) => [pod.uid, pod]));
      this.#told.set(usage.machine, { usage, pods, at });
    }
    for (const [machine, told] of this.#told) {
      if (after(told.at, believedMs) < at) this.#told.delete(machine);
    }
  }

  /** What a pod used, by the machine that its record names and by no other. */
  of({ metadata, spec }: Pod, at: Instant): PodReading | undefined {
    const told = this.#told.get(spec.nodeName ?? "");
    const used = told?.pods.get(metadata.uid ?? "");
    if (told === undefined || used === undefined || after(told.at, believedMs) < at) {
      return undefined;
    }
    return { ...used, wallMs: told.usage.wallMs, windowMs: told.usage.windowMs };
  }
}
