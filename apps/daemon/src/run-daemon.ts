import type { DaemonConfig } from "./config.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import type { Log } from "./log.ts";

/** How a daemon's process ends. Source of 70: `EX_SOFTWARE` in sysexits.h. */
const exitCodes = { told: 0, crashed: 70 };

/** How long a machine that has crashed may take to let go of everything, in milliseconds. */
const stopMsMax = 10_000;

type Ending =
  | { readonly kind: "told"; readonly signal: string }
  | { readonly kind: "crashed"; readonly error: unknown };

/**
 * Runs a daemon until SIGTERM or SIGINT tells it to stop, or a bug does: an exception that nobody
 * caught is logged with its stack, and the disk is closed, so that no half of a machine goes on.
 *
 * @returns The exit code of the process, which the caller ends with it.
 * @throws {BeeError} What {@link startDaemon} throws.
 */
export async function runDaemon(config: DaemonConfig, log: Log): Promise<number> {
  const ending = Promise.withResolvers<Ending>();
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) {
    process.once(signal, () => ending.resolve({ kind: "told", signal }));
  }
  // Rejections that nobody handles arrive here too.
  process.on("uncaughtException", (error) => {
    log.error("Uncaught exception", { stack: stackOf(error) });
    ending.resolve({ kind: "crashed", error });
  });
  const daemon = await startDaemon(config, log);
  const how = await Promise.race([ending.promise, crashOf(daemon, log)]);
  if (how.kind === "told") log.info("Stopping", { signal: how.signal });
  await stopped(daemon, how, log);
  log.info("Stopped");
  return exitCodes[how.kind];
}

async function crashOf(daemon: Daemon, log: Log): Promise<Ending> {
  const error = await daemon.crashed;
  log.error("Machine has a bug", { stack: stackOf(error) });
  return { kind: "crashed", error };
}

/** Stops the daemon; what has crashed may hang, and is not waited for for ever. */
async function stopped(daemon: Daemon, how: Ending, log: Log): Promise<void> {
  const stopping = daemon.stop();
  if (how.kind === "told") return stopping;
  const tooLong = Promise.withResolvers<void>();
  const timer = setTimeout(tooLong.resolve, stopMsMax);
  await Promise.race([
    stopping.catch((error: unknown) => log.error("Cannot stop", { stack: stackOf(error) })),
    tooLong.promise,
  ]);
  clearTimeout(timer);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
