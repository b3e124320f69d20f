import { after, type Instant } from "@beemesh/base";
import { errandsMax, probeMsMax } from "./limits.ts";

interface Errand {
  readonly askers: Set<string>;
  readonly until: Instant;
}

/** Probes that others have asked for, until they are answered. */
export class Errands {
  readonly #errands = new Map<string, Errand>();

  /** When the first of them is over; undefined if there is none. */
  get wakeAt(): Instant | undefined {
    // All take as long, so the first is the first.
    return this.#errands.values().next().value?.until;
  }

  /** Takes one on; a probe of the same replica serves several who ask. */
  take(uid: string, asker: string, now: Instant): boolean {
    const errand = this.#errands.get(uid);
    if (errand === undefined && this.#errands.size >= errandsMax) return false;
    if (errand === undefined) {
      this.#errands.set(uid, { askers: new Set([asker]), until: after(now, probeMsMax) });
      return true;
    }
    if (errand.askers.size < errandsMax) errand.askers.add(asker);
    return false;
  }

  /** Who waits for the answer about a replica; none does any longer. */
  end(uid: string): readonly string[] {
    const askers = this.#errands.get(uid)?.askers ?? [];
    this.#errands.delete(uid);
    return [...askers];
  }

  /** The replicas that have not answered in time. */
  overdue(now: Instant): readonly string[] {
    return [...this.#errands].filter(([, { until }]) => until <= now).map(([uid]) => uid);
  }

  clear(): void {
    this.#errands.clear();
  }
}
