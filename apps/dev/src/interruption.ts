import { BeeError } from "@beemesh/base";

/** Somebody wants us to end: everything is removed, and nothing new is begun. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Settled when it comes. */
  readonly came: Promise<void>;
  /** Lets the process end by signals again, as if nothing had been said. */
  release(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Watches for Ctrl-C, SIGTERM, a closed terminal, and a reader of our output that went away.
 *
 * @param onFirst - Told once, when it comes.
 */
export function watchInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = (): void => {
    if (signal.aborted) return;
    controller.abort(new BeeError("interrupted", "Cannot go on: interrupted"));
    onFirst();
  };
  for (const name of signals) process.on(name, interrupt);
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) stream.on("error", interrupt);
  const came = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const release = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  return { signal, came, release };
}

/** The outcome of something, unless the signal comes first. What it does is not stopped by that. */
export function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  doing: Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return doing;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error("interrupted"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    doing.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
