import { parseTime } from "@beemesh/model";
import {
  ageColumn,
  column,
  containerCells,
  integerColumn,
  nameColumn,
  nameOf,
  objectAge,
  selectorText,
  wideColumn,
} from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, numberAt, textAt } from "./field.ts";
import { ageOf, formatAge } from "./timestamp.ts";

/** Conditions that say how far a Job is, the weightiest first. */
const tellingConditions = [
  "Complete",
  "Failed",
  "Suspended",
  "FailureTarget",
  "SuccessCriteriaMet",
] as const;

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printJob. */
export const jobPrinter: Printer = {
  columns: [
    nameColumn,
    column("Status", "How far the Job is."),
    column("Completions", "Pods that have succeeded, of all that shall."),
    column("Duration", "Time from its start to its completion, or to now."),
    ageColumn,
    wideColumn("Containers", "Names of the template's containers."),
    wideColumn("Images", "Images of the template's containers."),
    wideColumn("Selector", "Labels of the pods that belong to it."),
  ],
  cells: (job, nowMs) => [
    nameOf(job),
    stateOf(job),
    completionsOf(job),
    durationOf(job, nowMs),
    objectAge(job, nowMs),
    ...containerCells(fieldAt(job, "spec", "template", "spec")),
    selectorText(fieldAt(job, "spec", "selector")),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printCronJob. */
export const cronJobPrinter: Printer = {
  columns: [
    nameColumn,
    column("Schedule", "When its Jobs are made, in cron's words."),
    column("Timezone", "The time zone of the schedule."),
    column("Suspend", "Whether no Job is made."),
    integerColumn("Active", "Jobs that run."),
    column("Last Schedule", "Time since a Job was last to be made."),
    ageColumn,
    wideColumn("Containers", "Names of the template's containers."),
    wideColumn("Images", "Images of the template's containers."),
    wideColumn("Selector", "Labels of the pods that belong to it."),
  ],
  cells: (cronJob, nowMs) => {
    const last = textAt(cronJob, "status", "lastScheduleTime");
    const jobSpec = fieldAt(cronJob, "spec", "jobTemplate", "spec");
    return [
      nameOf(cronJob),
      textAt(cronJob, "spec", "schedule"),
      textAt(cronJob, "spec", "timeZone") || "<none>",
      fieldAt(cronJob, "spec", "suspend") === true ? "True" : "False",
      listAt(cronJob, "status", "active").length,
      last === "" ? "<none>" : ageOf(last, nowMs),
      objectAge(cronJob, nowMs),
      ...containerCells(fieldAt(jobSpec, "template", "spec")),
      selectorText(fieldAt(jobSpec, "selector")),
    ];
  },
};

function stateOf(job: unknown): string {
  const conditions = listAt(job, "status", "conditions");
  const told = tellingConditions.find((type) =>
    conditions.some((each) => textAt(each, "type") === type && textAt(each, "status") === "True"),
  );
  if (told !== undefined) return told;
  return textAt(job, "metadata", "deletionTimestamp") === "" ? "Running" : "Terminating";
}

function completionsOf(job: unknown): string {
  const succeeded = numberAt(job, "status", "succeeded");
  const completions = fieldAt(job, "spec", "completions");
  if (typeof completions === "number") return `${succeeded}/${completions}`;
  const parallelism = numberAt(job, "spec", "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf(job: unknown, nowMs: number): string {
  const start = textAt(job, "status", "startTime");
  const [from, to] = [start, textAt(job, "status", "completionTime")].map(parseTime);
  if (from === undefined) return "";
  return to === undefined ? ageOf(start, nowMs) : formatAge(to - from);
}
