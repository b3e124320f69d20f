import { BeeError } from "@beemesh/base";

/** How many of how many keepers hold a write. */
export interface Holding {
  readonly holders: number;
  readonly of: number;
}

/** A write that nobody speaks of after this long was not made durable here. */
const waitMsMax = 5000;
/** Answers kept for tickets that nobody has asked about yet. */
const keptMax = 4096;

interface Waiter {
  readonly resolve: (holding: Holding) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Joins the API, which waits for a write to be held, with the machine, which hears from the
 * keepers. Either may come first.
 */
export class Acknowledgements {
  readonly #waiters = new Map<number, Waiter>();
  readonly #early = new Map<number, Holding>();

  /** The machine has heard how widely the write is held. */
  settle(ticket: number, holding: Holding): void {
    const waiter = this.#waiters.get(ticket);
    if (waiter !== undefined) {
      this.#waiters.delete(ticket);
      clearTimeout(waiter.timer);
      waiter.resolve(holding);
      return;
    }
    this.#early.set(ticket, holding);
    const [oldest] = this.#early.keys();
    if (this.#early.size > keptMax && oldest !== undefined) this.#early.delete(oldest);
  }

  /**
   * Waits until the write is held.
   *
   * @throws {BeeError} `write-not-durable` if nothing is heard in time: the disk failed.
   */
  wait(ticket: number): Promise<Holding> {
    const early = this.#early.get(ticket);
    if (early !== undefined) {
      this.#early.delete(ticket);
      return Promise.resolve(early);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(ticket);
        reject(notDurable());
      }, waitMsMax);
      this.#waiters.set(ticket, { resolve, timer });
    });
  }
}

/** The disk refuses: nobody can say yet whether the write will last. */
export function notDurable(): BeeError {
  const message =
    "Cannot confirm the write: this machine's disk does not take it; free space, and look " +
    "whether the write is there before you repeat it";
  return new BeeError("write-not-durable", message);
}

/** The machines that are known, this one included. */
interface Members {
  members(): ReadonlyMap<string, { readonly state: string }>;
}

/** Whether others are known and none of them is alive. */
export function isCutOff(machine: Members): boolean {
  const members = [...machine.members().values()];
  return members.length > 1 && members.filter(({ state }) => state === "alive").length === 1;
}
