/**
 * Rows of pods, with the one word that says how each is.
 *
 * Source of the rules: k8s.io/kubernetes, pkg/printers/internalversion (printPod).
 */

import { parseTime } from "@beemesh/model";
import { ageColumn, column, nameColumn, nameOf, objectAge, wideColumn } from "./cell.ts";
import type { Printer, RowCondition } from "./column.ts";
import { fieldAt, listAt, numberAt, textAt } from "./field.ts";
import { formatAge } from "./timestamp.ts";

export const podPrinter: Printer = {
  columns: [
    nameColumn,
    column("Ready", "Containers that are ready, of all that should be."),
    column("Status", "What the pod as a whole is doing."),
    column("Restarts", "How often containers were restarted, and when the last was."),
    ageColumn,
    wideColumn("IP", "Address of the pod."),
    wideColumn("Node", "Machine that runs the pod."),
    wideColumn("Nominated Node", "Machine on which room is being made for the pod."),
    wideColumn("Readiness Gates", "Extra conditions that hold, of all that must."),
  ],
  cells: (pod, nowMs) => {
    const summary = podSummary(pod);
    return [
      nameOf(pod),
      `${summary.readyCount}/${summary.containerCount}`,
      summary.status,
      restartsText(summary, nowMs),
      objectAge(pod, nowMs),
      textAt(pod, "status", "podIPs", 0, "ip") || textAt(pod, "status", "podIP") || "<none>",
      textAt(pod, "spec", "nodeName") || "<none>",
      textAt(pod, "status", "nominatedNodeName") || "<none>",
      readinessGates(pod),
    ];
  },
  conditions: completion,
};

/** What a row says of a pod. */
export interface PodSummary {
  readonly status: string;
  readonly readyCount: number;
  readonly containerCount: number;
  readonly restartCount: number;
  /** When the last container ended that was restarted since; milliseconds since 1970, or 0. */
  readonly lastRestartMs: number;
}

/** Sums up a pod. */
export function podSummary(pod: unknown): PodSummary {
  const init = initSummary(pod);
  const containers = listAt(pod, "spec", "containers").length;
  const summary: PodSummary = {
    status: phaseText(pod),
    readyCount: init.sidecarsReady,
    containerCount: containers + init.sidecarCount,
    restartCount: init.restartCount,
    lastRestartMs: init.lastRestartMs,
  };
  const isInitializing = init.status !== undefined && !hasCondition(pod, "Initialized");
  const main = isInitializing ? summary : mainSummary(pod, summary, init);
  const status = isInitializing ? (init.status ?? summary.status) : main.status;
  return { ...main, status: deletionText(pod) ?? status };
}

function phaseText(pod: unknown): string {
  const scheduled = conditionOf(pod, "PodScheduled");
  if (textAt(scheduled, "reason") === "SchedulingGated") return "SchedulingGated";
  return textAt(pod, "status", "reason") || textAt(pod, "status", "phase");
}

/** The word for a pod that is going; undefined if it is not. */
function deletionText(pod: unknown): string | undefined {
  if (textAt(pod, "metadata", "deletionTimestamp") === "") return undefined;
  if (textAt(pod, "status", "reason") === "NodeLost") return "Unknown";
  const phase = textAt(pod, "status", "phase");
  return phase === "Succeeded" || phase === "Failed" ? undefined : "Terminating";
}

interface InitSummary {
  /** Such as `Init:0/1`; undefined when initialization is over. */
  readonly status: string | undefined;
  readonly sidecarCount: number;
  readonly sidecarsReady: number;
  readonly restartCount: number;
  readonly lastRestartMs: number;
  readonly sidecarRestartCount: number;
  readonly sidecarLastRestartMs: number;
}

function initSummary(pod: unknown): InitSummary {
  const specs = listAt(pod, "spec", "initContainers");
  const sidecars = new Set(
    specs
      .filter((spec) => textAt(spec, "restartPolicy") === "Always")
      .map((spec) => textAt(spec, "name")),
  );
  const all = listAt(pod, "status", "initContainerStatuses");
  const isSidecar = (status: unknown): boolean => sidecars.has(textAt(status, "name"));
  const stuckAt = all.findIndex((status) => !isInitialized(status, isSidecar(status)));
  const seen = stuckAt < 0 ? all : all.slice(0, stuckAt + 1);
  const started = stuckAt < 0 ? all : all.slice(0, stuckAt);
  const stuck = stuckAt < 0 ? undefined : all[stuckAt];
  return {
    status: stuck === undefined ? undefined : initText(stuck, stuckAt, specs.length),
    sidecarCount: sidecars.size,
    sidecarsReady: started.filter((s) => isSidecar(s) && fieldAt(s, "ready") === true).length,
    restartCount: restartsOf(seen),
    lastRestartMs: lastRestartOf(seen),
    sidecarRestartCount: restartsOf(seen.filter(isSidecar)),
    sidecarLastRestartMs: lastRestartOf(seen.filter(isSidecar)),
  };
}

function isInitialized(status: unknown, isSidecar: boolean): boolean {
  const terminated = fieldAt(status, "state", "terminated");
  if (terminated !== undefined && numberAt(terminated, "exitCode") === 0) return true;
  return isSidecar && fieldAt(status, "started") === true;
}

function initText(status: unknown, index: number, count: number): string {
  const terminated = fieldAt(status, "state", "terminated");
  if (terminated !== undefined) return `Init:${terminatedText(terminated)}`;
  const waiting = textAt(status, "state", "waiting", "reason");
  return waiting !== "" && waiting !== "PodInitializing"
    ? `Init:${waiting}`
    : `Init:${index}/${count}`;
}

function mainSummary(pod: unknown, summary: PodSummary, init: InitSummary): PodSummary {
  const statuses = listAt(pod, "status", "containerStatuses");
  const ready = statuses.filter(
    (status) =>
      fieldAt(status, "ready") === true && fieldAt(status, "state", "running") !== undefined,
  );
  // The first container that has something to tell is the one that is told of.
  const told = statuses.map(containerText).find((text) => text !== "") ?? summary.status;
  const isPartlyDone = told === "Completed" && ready.length > 0;
  const partly = hasCondition(pod, "Ready") ? "Running" : "NotReady";
  return {
    status: isPartlyDone ? partly : told,
    readyCount: summary.readyCount + ready.length,
    containerCount: summary.containerCount,
    restartCount: init.sidecarRestartCount + restartsOf(statuses),
    lastRestartMs: Math.max(init.sidecarLastRestartMs, lastRestartOf(statuses)),
  };
}

function containerText(status: unknown): string {
  const waiting = textAt(status, "state", "waiting", "reason");
  if (waiting !== "") return waiting;
  const terminated = fieldAt(status, "state", "terminated");
  return terminated === undefined ? "" : terminatedText(terminated);
}

function terminatedText(terminated: unknown): string {
  const reason = textAt(terminated, "reason");
  if (reason !== "") return reason;
  const signal = numberAt(terminated, "signal");
  return signal === 0 ? `ExitCode:${numberAt(terminated, "exitCode")}` : `Signal:${signal}`;
}

function restartsOf(statuses: readonly unknown[]): number {
  return statuses.reduce<number>((sum, status) => sum + numberAt(status, "restartCount"), 0);
}

function lastRestartOf(statuses: readonly unknown[]): number {
  const ends = statuses.map(
    (status) => parseTime(textAt(status, "lastState", "terminated", "finishedAt")) ?? 0,
  );
  return Math.max(0, ...ends);
}

function restartsText({ restartCount, lastRestartMs }: PodSummary, nowMs: number): string {
  if (restartCount === 0 || lastRestartMs === 0) return String(restartCount);
  return `${restartCount} (${formatAge(nowMs - lastRestartMs)} ago)`;
}

function readinessGates(pod: unknown): string {
  const gates = listAt(pod, "spec", "readinessGates");
  if (gates.length === 0) return "<none>";
  const held = gates.filter((gate) => hasCondition(pod, textAt(gate, "conditionType")));
  return `${held.length}/${gates.length}`;
}

function conditionOf(pod: unknown, type: string): unknown {
  return listAt(pod, "status", "conditions").find(
    (condition) => textAt(condition, "type") === type,
  );
}

function hasCondition(pod: unknown, type: string): boolean {
  return textAt(conditionOf(pod, type), "status") === "True";
}

function completion(pod: unknown): readonly RowCondition[] {
  const phase = textAt(pod, "status", "phase");
  const base = { type: "Completed", status: "True", reason: phase } as const;
  if (phase === "Succeeded") {
    return [{ ...base, message: "The pod has completed successfully." }];
  }
  return phase === "Failed" ? [{ ...base, message: "The pod failed." }] : [];
}
