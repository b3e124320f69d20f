import { after, type Instant } from "@beemesh/base";

/** Whoever waits: a client's write, or another machine's question. */
export interface Flow {
  /** Nothing that comes is of use any more. */
  readonly isOver: boolean;
  /** Something went wrong that nobody foresaw. */
  fail(error: unknown): void;
}

/** One thing that is waited for. */
export interface Wait<Value> {
  readonly flow: Flow;
  readonly ms: number;
  /** What is taken for the answer if none comes in time. */
  readonly late: Value;
  readonly onEnd: (value: Value) => void;
}

interface Line<Value> {
  readonly wait: Wait<Value>;
  until: Instant;
}

/** What is waited for, each under its number and each with a bound. */
export class Waits<Value> {
  readonly #lines = new Map<number, Line<Value>>();

  /** Waits from now on; gives the instant at which that is over. */
  begin(number: number, wait: Wait<Value>, now: Instant): Instant {
    const until = after(now, wait.ms);
    this.#lines.set(number, { wait, until });
    return until;
  }

  /** Waits anew, for as long as at first: something was heard. */
  renew(number: number, now: Instant): void {
    const line = this.#lines.get(number);
    if (line !== undefined) line.until = after(now, line.wait.ms);
  }

  /** Waits no more; undefined if nobody did. */
  end(number: number): Wait<Value> | undefined {
    const line = this.#lines.get(number);
    this.#lines.delete(number);
    return line?.wait;
  }

  /** The numbers of what has not come in time. */
  late(now: Instant): readonly number[] {
    return [...this.#lines].flatMap(([number, { until }]) => (until <= now ? [number] : []));
  }

  /** When the first of them is over. */
  get first(): Instant | undefined {
    let first: Instant | undefined;
    for (const { until } of this.#lines.values()) {
      if (first === undefined || until < first) first = until;
    }
    return first;
  }
}
