import { elapsedMs, type Instant } from "@beemesh/base";

/** The longest window that a rule may have, as the API allows it. */
const keptMs = 3_600_000;

/** Recommendations that are remembered: one every 15 seconds for an hour, and room. */
const keptMax = 300;

interface Moment {
  readonly at: Instant;
  readonly replicas: number;
}

/**
 * What was recommended for one workload, and how its size was changed. It is this machine's own:
 * another one that takes over begins anew, as a new controller of Kubernetes does.
 */
export class ScalingHistory {
  #recommended: Moment[] = [];
  /** Each with how many replicas came, or went if negative. */
  #changed: Moment[] = [];

  recommend(replicas: number, at: Instant): void {
    this.#recommended = kept([...this.#recommended, { at, replicas }], at);
  }

  change(by: number, at: Instant): void {
    this.#changed = kept([...this.#changed, { at, replicas: by }], at);
  }

  /** Whether nothing was ever recommended. */
  get isEmpty(): boolean {
    return this.#recommended.length === 0;
  }

  /** What was recommended in the last so many seconds. */
  since(at: Instant, seconds: number): readonly number[] {
    return within(this.#recommended, at, seconds);
  }

  /** How many replicas came in the last so many seconds, less those that went. */
  changeSince(at: Instant, seconds: number): number {
    return within(this.#changed, at, seconds).reduce((sum, by) => sum + by, 0);
  }
}

function within(moments: readonly Moment[], at: Instant, seconds: number): readonly number[] {
  return moments
    .filter((moment) => elapsedMs(moment.at, at) < seconds * 1000)
    .map(({ replicas }) => replicas);
}

function kept(moments: Moment[], at: Instant): Moment[] {
  return moments.filter((moment) => elapsedMs(moment.at, at) < keptMs).slice(-keptMax);
}
