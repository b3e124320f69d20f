import type { Log, LogFields, LogLevel } from "./log.ts";

/** How an observation of the machine is told to people. Without an entry it is debug. */
interface Telling {
  readonly level: LogLevel;
  readonly message: string;
}

const tellings: Readonly<Record<string, Telling>> = {
  "machine.alive": { level: "info", message: "Machine is alive" },
  "machine.dead": { level: "warn", message: "Machine is gone" },
  "message.malformed": { level: "warn", message: "Dropped a malformed message" },
  "pod.rejected": { level: "warn", message: "Refused to run a pod" },
  "pod.reasserted": { level: "info", message: "Kept a pod that is older than its replacement" },
  "pod.lost": { level: "warn", message: "Lost a pod" },
  "replica.confirmed-lost": { level: "warn", message: "A sidecar misses a replica that is lost" },
  "replica.not-lost": { level: "info", message: "A sidecar misses a replica that is not lost" },
  "replica.stranger": { level: "warn", message: "Heard of a sidecar whose pod does not run here" },
  "member.stalled": { level: "warn", message: "This machine stood still" },
  "member.clock-corrected": {
    level: "warn",
    message: "This machine's clock disagrees with the mesh",
  },
  "api.failed": { level: "warn", message: "Could not answer a request" },
  "entry.refused": { level: "warn", message: "Refused a record" },
  "auction.failed": { level: "info", message: "Found no machine for pods" },
  "object.malformed": { level: "warn", message: "Dropped a malformed record" },
};

/**
 * Writes what the machine observed into the log: constant messages with fields. Clone tasks have a
 * line of their own, which tools and tests read: `Published clone task <task> for <workload>`.
 */
export function tell(
  log: Log,
  event: string,
  facts: Readonly<Record<string, string | number | boolean>>,
): void {
  if (event === "clone.published") {
    // To the letter: what made it necessary is in `beemesh_clones_total`.
    log.info(`Published clone task ${facts["task"]} for ${facts["workload"]}`);
    return;
  }
  const { level, message } = tellings[event] ?? { level: "debug", message: event };
  const { task: _task, workload: _workload, ...rest }: LogFields = facts;
  log[level](message, rest);
}
