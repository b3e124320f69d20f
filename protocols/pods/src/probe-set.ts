import type { Instant } from "@beemesh/base";
import type { Container, Probe } from "@beemesh/model";
import type { ProbeKind } from "./command.ts";
import { probePlan } from "./plan.ts";
import { type ProbeChange, ProbeKeeper } from "./probe-keeper.ts";

/**
 * All that is asked of one running container. Until its startup probe has passed, that is the
 * only one.
 */
export class ProbeSet {
  readonly #keepers: readonly ProbeKeeper[];
  #isStopped = false;

  /** `wasReady` is believed of a container that was found running, until it says otherwise. */
  constructor(container: Container, since: Instant, wasReady: boolean) {
    const keeper = (kind: ProbeKind, probe: Probe | undefined, verdict: boolean): ProbeKeeper[] => {
      const plan = probe === undefined ? undefined : probePlan(container, probe);
      if (probe === undefined || plan === undefined) return [];
      return [new ProbeKeeper({ kind, probe, plan, since, verdict })];
    };
    const { startupProbe, livenessProbe, readinessProbe } = container;
    this.#keepers = [
      ...keeper("startup", startupProbe, wasReady),
      ...keeper("liveness", livenessProbe, true),
      ...keeper("readiness", readinessProbe, wasReady),
    ];
  }

  /** Whether the container passes the probe; it does if there is none. */
  passes(kind: ProbeKind): boolean {
    return this.#find(kind)?.passes ?? true;
  }

  /** When the next question is due. */
  get nextAt(): Instant | undefined {
    return this.#active()
      .map((probe) => probe.nextAt)
      .filter((at) => at !== undefined)
      .toSorted((a, b) => a - b)[0];
  }

  /** The questions to ask now; they then count as asked. */
  ask(at: Instant): readonly ProbeKeeper[] {
    return this.#active().filter((probe) => probe.ask(at));
  }

  answer(kind: ProbeKind, ok: boolean): ProbeChange {
    return this.#find(kind)?.answer(ok) ?? "none";
  }

  /** The container is ending: nothing more is asked, what is known stays. */
  stop(): void {
    this.#isStopped = true;
  }

  #active(): readonly ProbeKeeper[] {
    if (this.#isStopped) return [];
    const startup = this.#find("startup");
    if (startup !== undefined && !startup.passes) return [startup];
    return this.#keepers.filter(({ kind }) => kind !== "startup");
  }

  #find(kind: ProbeKind): ProbeKeeper | undefined {
    return this.#keepers.find((probe) => probe.kind === kind);
  }
}
