/** Rules for Jobs. Their pods end, so other things are asked of them than of Deployments. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, notSupported, required } from "./cause.ts";
import { jobPolicyCauses } from "./job-policy-rules.ts";
import { matches, selectorOf } from "./label-selector.ts";
import { isSet, numberAt, objectAt, textAt } from "./members.ts";
import type { Rules } from "./rule.ts";
import { parseSchedule } from "./schedule.ts";
import { isTimeZone } from "./time-zone.ts";
import { labelSelectorAt, labelsAt } from "./workload-rules.ts";

/** A host name is one label of DNS (RFC 1035). */
const hostnameLengthMax = 63;

/** The name of each of its Jobs has eleven characters more, and is a label of that length. */
const cronJobNameLengthMax = 52;

/** Rules by type. */
export const jobRules: Rules = {
  "batch.v1.CronJob": (cronJob) => {
    const name = textAt(cronJob, "metadata", "name");
    const rule = `must be no more than ${cronJobNameLengthMax} characters`;
    return name.length > cronJobNameLengthMax ? [invalid("metadata.name", name, rule)] : [];
  },
  "batch.v1.CronJobSpec": (spec, path) => {
    const [schedule, timeZone] = [textAt(spec, "schedule"), textAt(spec, "timeZone")];
    const read = parseSchedule(schedule);
    const isZone = timeZone === "" || isTimeZone(timeZone);
    return [
      ...(schedule === "" || read.ok ? [] : [invalid(`${path}.schedule`, schedule, read.message)]),
      ...(isZone ? [] : [invalid(`${path}.timeZone`, timeZone, `unknown time zone ${timeZone}`)]),
    ];
  },
  "batch.v1.Job": (job) => [...nameCauses(job), ...manualCauses(job)],
  "batch.v1.JobTemplateSpec": templateCauses,
  "batch.v1.JobSpec": (spec, path) => [
    ...selectorCauses(spec, path),
    ...restartCauses(spec, path),
    ...jobPolicyCauses(spec, path),
    ...(textAt(spec, "completionMode") === "Indexed" && !isSet(spec["completions"])
      ? [required(`${path}.completions`, "when completion mode is Indexed")]
      : []),
  ],
};

/** Each pod of an Indexed Job is called `<job>-<index>`. */
function nameCauses(job: JsonObject): readonly Cause[] {
  const spec = objectAt(job, "spec") ?? {};
  const name = textAt(job, "metadata", "name");
  const last = `${name}-${Math.max(0, (numberAt(spec, "completions") ?? 0) - 1)}`;
  if (textAt(spec, "completionMode") !== "Indexed" || last.length <= hostnameLengthMax) return [];
  const rule = `will not able to create pod with invalid DNS label: ${last}`;
  return [invalid("metadata.name", name, rule)];
}

/** Whoever looks after the selector of a Job has to give one; else it is made when it is stored. */
function manualCauses(job: JsonObject): readonly Cause[] {
  const spec = objectAt(job, "spec");
  const isMissing = spec?.["manualSelector"] === true && !isSet(spec["selector"]);
  return isMissing ? [required("spec.selector")] : [];
}

/** The selectors of the Jobs of a CronJob are always made. */
function templateCauses(template: JsonObject, path: string): readonly Cause[] {
  const spec = objectAt(template, "spec") ?? {};
  const selector = spec["selector"];
  return [
    ...(isSet(selector)
      ? [invalid(`${path}.spec.selector`, selector, "`selector` will be auto-generated")]
      : []),
    ...(spec["manualSelector"] === true
      ? [notSupported(`${path}.spec.manualSelector`, true, ["nil", "false"])]
      : []),
  ];
}

function selectorCauses(spec: JsonObject, path: string): readonly Cause[] {
  const selector = objectAt(spec, "selector");
  const template = objectAt(spec, "template");
  if (selector === undefined || template === undefined) return [];
  const labels = labelsAt(template, "metadata", "labels");
  if (matches(selectorOf(labelSelectorAt(selector)), labels)) return [];
  const rule = "`selector` does not match template `labels`";
  return [invalid(`${path}.template.metadata.labels`, labels, rule)];
}

function restartCauses(spec: JsonObject, path: string): readonly Cause[] {
  const policy = textAt(spec, "template", "spec", "restartPolicy");
  const field = `${path}.template.spec.restartPolicy`;
  const wanted = ["OnFailure", "Never"];
  if (objectAt(spec, "template", "spec") === undefined) return [];
  if (policy === "OnFailure" && isSet(spec["podFailurePolicy"])) {
    return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  if (wanted.includes(policy)) return [];
  return policy === "Always" || policy === ""
    ? [required(field, 'valid values: "OnFailure", "Never"')]
    : [notSupported(field, policy, wanted)];
}
