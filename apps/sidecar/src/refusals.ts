import type { Meter } from "@beemesh/proxy";
import type { Refusal } from "@beemesh/workload";
import type { Channel } from "./channel.ts";
import type { Meters } from "./metrics.ts";

/** Refusals told to the machine in one second; the metric counts all of them. */
const toldMax = 20;
const secondMs = 1000;

/**
 * Says of everything that is not let through that it was not: to the metrics always, to the
 * machine, which writes the Event and the log, as often as that makes sense.
 */
export class Refusals {
  readonly #channel: Channel;
  readonly #meters: Meters;
  readonly #meter: Pick<Meter, "refused">;
  #told = 0;
  #since = 0;

  constructor(channel: Channel, meters: Meters, meter: Pick<Meter, "refused">) {
    this.#channel = channel;
    this.#meters = meters;
    this.#meter = meter;
  }

  report(refusal: Refusal): void {
    const { direction, cause } = refusal;
    this.#meters.count("beemesh_workload_refusals_total", { direction, cause });
    this.#meter.refused(direction, cause);
    const now = performance.now();
    if (now - this.#since > secondMs) {
      this.#since = now;
      this.#told = 0;
    }
    this.#told += 1;
    if (this.#told <= toldMax) this.#channel.tell({ kind: "refused", refusal });
  }
}
