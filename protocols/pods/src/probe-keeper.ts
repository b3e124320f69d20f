import { after, elapsedMs, type Instant } from "@beemesh/base";
import type { Probe } from "@beemesh/model";
import type { ProbePlan } from "@beemesh/ports";
import type { ProbeKind } from "./command.ts";

/** What a probe's answer changed: its verdict, once a threshold of equal answers is reached. */
export type ProbeChange = "none" | "passed" | "failed";

/**
 * Asks one question of a running container again and again, and believes the answer once it was
 * given as often in a row as its threshold says.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
export class ProbeKeeper {
  readonly kind: ProbeKind;
  readonly plan: ProbePlan;
  readonly timeoutMs: number;
  readonly #periodMs: number;
  readonly #successThreshold: number;
  readonly #failureThreshold: number;
  #nextAt: Instant;
  #inFlight = false;
  #inRow = 0;
  #lastOk: boolean | undefined;
  #verdict: boolean;

  constructor({ kind, probe, plan, since, verdict }: ProbeKeeperOptions) {
    this.kind = kind;
    this.plan = plan;
    this.timeoutMs = Math.max(1, probe.timeoutSeconds ?? 1) * 1000;
    this.#periodMs = Math.max(1, probe.periodSeconds ?? 10) * 1000;
    this.#successThreshold = Math.max(1, probe.successThreshold ?? 1);
    this.#failureThreshold = Math.max(1, probe.failureThreshold ?? 3);
    this.#nextAt = after(since, (probe.initialDelaySeconds ?? 0) * 1000);
    this.#verdict = verdict;
  }

  /** Whether the container passes, as far as is known. */
  get passes(): boolean {
    return this.#verdict;
  }

  /** When the next question is due; undefined while one is unanswered. */
  get nextAt(): Instant | undefined {
    return this.#inFlight ? undefined : this.#nextAt;
  }

  /** Whether to ask now; it then counts as asked. Questions missed meanwhile are not made up. */
  ask(at: Instant): boolean {
    if (this.#inFlight || at < this.#nextAt) return false;
    this.#inFlight = true;
    const late = elapsedMs(this.#nextAt, at) % this.#periodMs;
    this.#nextAt = after(at, this.#periodMs - late);
    return true;
  }

  answer(ok: boolean): ProbeChange {
    if (!this.#inFlight) return "none";
    this.#inFlight = false;
    this.#inRow = this.#lastOk === ok ? this.#inRow + 1 : 1;
    this.#lastOk = ok;
    const threshold = ok ? this.#successThreshold : this.#failureThreshold;
    if (this.#inRow < threshold) return "none";
    this.#verdict = ok;
    return ok ? "passed" : "failed";
  }
}

/** What a {@link ProbeKeeper} is made of. */
export interface ProbeKeeperOptions {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly plan: ProbePlan;
  /** When the container started. */
  readonly since: Instant;
  /** What is believed before the first answers. */
  readonly verdict: boolean;
}
