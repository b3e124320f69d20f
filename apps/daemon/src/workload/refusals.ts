import type { PodFacts, Refusal } from "@beemesh/workload";

/** Where a refusal is told. */
export interface RefusalSinks {
  readonly count: (refusal: Refusal) => void;
  /** `times` is how often it happened since it was logged last. */
  readonly log: (pod: PodFacts, refusal: Refusal, times: number) => void;
  /** Writes an Event about the pod; the same again within seconds is folded there. */
  readonly event: (pod: PodFacts, refusal: Refusal) => void;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
}

/** The same refusal is logged, and becomes an Event, once in so long; with how often it was. */
const quietMs = 10_000;

/** Different refusals of one pod that are told in that time; a scan of all ports is one story. */
const toldPerPodMax = 20;

/** Refusals remembered, of all pods. */
const rememberedMax = 2048;

interface Remembered {
  times: number;
  toldAtMs: number;
}

interface Budget {
  sinceMs: number;
  told: number;
}

/**
 * Tells what was not let through: every time to the metric, and folded to the log and to the
 * Events, so that nobody can fill the registry by knocking.
 */
export class Refusals {
  readonly #sinks: RefusalSinks;
  readonly #remembered = new Map<string, Remembered>();
  readonly #budgets = new Map<string, Budget>();

  constructor(sinks: RefusalSinks) {
    this.#sinks = sinks;
  }

  tell(pod: PodFacts, refusal: Refusal): void {
    const { count, log, event, nowMs } = this.#sinks;
    count(refusal);
    const known = this.#remember(pod, refusal);
    known.times += 1;
    if (nowMs() - known.toldAtMs < quietMs || !this.#mayTell(pod.uid)) return;
    log(pod, refusal, known.times);
    event(pod, refusal);
    known.times = 0;
    known.toldAtMs = nowMs();
  }

  /** A pod is gone. */
  forget(uid: string): void {
    this.#budgets.delete(uid);
  }

  #remember({ uid }: PodFacts, refusal: Refusal): Remembered {
    const { direction, source, target, protocol, port, cause } = refusal;
    const key = [uid, direction, source, target, protocol, port, cause].join(" ");
    const known = this.#remembered.get(key) ?? { times: 0, toldAtMs: -Infinity };
    this.#remembered.delete(key);
    this.#remembered.set(key, known);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedMax && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    return known;
  }

  #mayTell(uid: string): boolean {
    const now = this.#sinks.nowMs();
    const budget = this.#budgets.get(uid) ?? { sinceMs: now, told: 0 };
    this.#budgets.set(uid, budget);
    if (now - budget.sinceMs >= quietMs) {
      budget.sinceMs = now;
      budget.told = 0;
    }
    budget.told += 1;
    return budget.told <= toldPerPodMax;
  }
}

/** A refusal as a sentence: who, to whom, and why not. */
export function refusalText({ source, target, protocol, port, cause, reason }: Refusal): string {
  const at = port === 0 ? protocol : `${protocol} ${port}`;
  return `Refused ${at} from ${source} to ${target} (${cause}): ${reason}`;
}
