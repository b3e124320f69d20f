import { after, elapsedMs, type Instant, type Now, unreachable } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { Agenda } from "./agenda.ts";
import { Asking } from "./asking.ts";
import { Court } from "./court.ts";
import type { DecidingEffect, DecidingEvent } from "./event.ts";
import { Judging } from "./judging.ts";
import { pulseMs, stillMs } from "./limits.ts";
import type { Premises } from "./premises.ts";

export interface DecidingOptions {
  readonly self: PeerId;
  readonly premises: Premises;
  readonly now: Now;
}

/**
 * One machine's part in deciding what clients write, of all collections.
 *
 *     asked ──▶ Asking: decided here, or asked of its decider ──▶ reply
 *     heard ──▶ Judging: decided here, or passed on ────────────▶ answer
 *
 * Effects are performed in order. The last one of a step may be a {@link Prompt}: what came of it
 * is the next event, before anything else that happens.
 */
export class Deciding {
  readonly #agenda: Agenda;
  readonly #court: Court;
  readonly #asking: Asking;
  readonly #judging: Judging;
  #steppedAt: Instant;
  #pulseAt: Instant;

  constructor({ self, premises, now }: DecidingOptions) {
    this.#steppedAt = now.at;
    this.#pulseAt = after(now.at, pulseMs);
    const agenda = new Agenda(now);
    const court = new Court({ self, premises, agenda });
    this.#agenda = agenda;
    this.#court = court;
    this.#asking = new Asking(court, agenda);
    this.#judging = new Judging(court, agenda);
  }

  /** When a tick is wanted at the latest. */
  get wakeAt(): Instant {
    const { wakeAt } = this.#agenda;
    return wakeAt !== undefined && wakeAt < this.#pulseAt ? wakeAt : this.#pulseAt;
  }

  /** Takes what happens; gives what is to be done. */
  step(event: DecidingEvent, now: Now): readonly DecidingEffect[] {
    this.#agenda.open(event, now);
    if (elapsedMs(this.#steppedAt, now.at) > stillMs) this.#court.stoodStill();
    this.#steppedAt = now.at;
    this.#hear(event);
    return this.#agenda.close();
  }

  #hear(event: DecidingEvent): void {
    if ("number" in event) return this.#agenda.come(event);
    switch (event.kind) {
      case "asked":
        return this.#asking.begin(event.id, event.request);
      case "heard":
        return this.#judging.hear(event);
      case "machines":
        this.#court.machinesChanged(event.gone);
        return this.#agenda.abandon(event.gone);
      case "tick":
        if (this.#pulseAt <= this.#agenda.now) this.#pulseAt = after(this.#agenda.now, pulseMs);
        return this.#agenda.tick();
      default:
        return unreachable(event);
    }
  }
}
