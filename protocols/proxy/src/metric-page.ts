import { labelPair } from "./metric-family.ts";

/** One sidecar's page, and the labels that tell it from the others'. */
export interface MetricPage {
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Lines read of one page: more than a full {@link Meter} writes. */
const pageLinesMax = 4096;

/** Names of metrics in all pages: sidecars of one version have the same ten. */
const familiesMax = 256;

interface Family {
  help: string;
  type: string;
  readonly samples: string[];
}

const metricName = "[a-zA-Z_:][a-zA-Z0-9_:]{0,127}";
const pair = String.raw`[a-zA-Z_][a-zA-Z0-9_]{0,63}="(?:[^"\\\n]|\\["\\n])*"`;
const samplePattern = new RegExp(
  String.raw`^(${metricName})(?:\{((?:${pair},?)*)\})? (\S{1,32})$`,
  "u",
);
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)=("(?:[^"\\\n]|\\["\\n])*")/gu;
const commentPattern = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]{0,127}) (.{0,512})$/u;

/**
 * One page of many: each sample gets its page's labels, each family its HELP and TYPE once. Pages
 * come from sidecars, which are not trusted: what is no sample is left out, and a label that a
 * page already has of the same name becomes `exported_…`, as Prometheus does with scraped ones.
 */
export function mergePages(pages: readonly MetricPage[]): string {
  const families = new Map<string, Family>();
  for (const page of pages) addPage(families, page);
  let text = "";
  for (const [name, { help, type, samples }] of families) {
    if (samples.length === 0) continue;
    if (help !== "") text += `# HELP ${name} ${help}\n`;
    if (type !== "") text += `# TYPE ${name} ${type}\n`;
    text += `${samples.join("\n")}\n`;
  }
  return text;
}

function addPage(families: Map<string, Family>, page: MetricPage): void {
  for (const line of page.text.split("\n", pageLinesMax)) {
    if (line.startsWith("#")) addComment(families, line);
    else addSample(families, line, page.labels);
  }
}

function addComment(families: Map<string, Family>, line: string): void {
  const [, word, name, rest = ""] = commentPattern.exec(line) ?? [];
  const family = name === undefined ? undefined : familyOf(families, name);
  if (family === undefined) return;
  if (word === "HELP" && family.help === "") family.help = rest;
  if (word === "TYPE" && family.type === "" && isType(rest)) family.type = rest;
}

function addSample(
  families: Map<string, Family>,
  line: string,
  labels: MetricPage["labels"],
): void {
  const [, name, own = "", value = ""] = samplePattern.exec(line) ?? [];
  if (name === undefined || !isValue(value)) return;
  const added = Object.entries(labels).map(([label, text]) => labelPair(label, text));
  const kept = [...own.matchAll(labelPattern)].map(
    ([, label = "", quoted = '""']) =>
      `${Object.hasOwn(labels, label) ? "exported_" : ""}${label}=${quoted}`,
  );
  const all = [...added, ...kept];
  const sample = `${name}${all.length === 0 ? "" : `{${all.join(",")}}`} ${value}`;
  familyOf(families, familyName(families, name))?.samples.push(sample);
}

/** The samples `x_bucket`, `x_sum` and `x_count` belong to the histogram `x`. */
function familyName(families: ReadonlyMap<string, Family>, name: string): string {
  const base = /^(.+)_(?:bucket|sum|count)$/u.exec(name)?.[1] ?? name;
  return families.get(base)?.type === "histogram" ? base : name;
}

function familyOf(families: Map<string, Family>, name: string): Family | undefined {
  const known = families.get(name);
  if (known !== undefined || families.size >= familiesMax) return known;
  const family: Family = { help: "", type: "", samples: [] };
  families.set(name, family);
  return family;
}

function isType(text: string): boolean {
  return /^(?:counter|gauge|histogram|summary|untyped)$/u.test(text);
}

function isValue(text: string): boolean {
  return /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/u.test(text);
}
