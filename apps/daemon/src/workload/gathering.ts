/** Metrics of one sidecar, to be shown among those of its machine. */
export interface PodMetrics {
  readonly namespace: string;
  readonly pod: string;
  /** In Prometheus' text form, as a sidecar wrote it. */
  readonly text: string;
}

/** What one sidecar may show: some hundred peers and services with their histograms. */
const podBytesMax = 200_000;

/** What all sidecars of one machine may show together. */
const allBytesMax = 8 * 1024 * 1024;

/** A sidecar shows what is its own, and nothing in the name of the machine. */
const podPrefixes = ["beemesh_workload_", "beemesh_proxy_", "beemesh_policy_"] as const;

const samplePattern = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/u;
const labelsPattern = /^(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"(?:,(?=[a-zA-Z_])|$))*$/u;
const valuePattern = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/iu;
const headPattern = /^# (?<what>HELP|TYPE) (?<name>[a-zA-Z_:][\w:]*) (?<rest>.*)$/u;
const types: ReadonlySet<string> = new Set(["counter", "gauge", "histogram", "summary", "untyped"]);

/** Labels that a sidecar may not say itself: they say which sidecar it is. */
const ownLabels = /(?:^|,)(?:namespace|pod)="/u;

interface Family {
  help: string;
  type: string;
  readonly lines: string[];
}

/**
 * The metrics of a machine and of its sidecars as one text: each family once, as the text form
 * wants it, and each sidecar's samples labelled with its pod. What is no sample is left out.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function gatherMetrics(own: string, pods: readonly PodMetrics[]): string {
  const families = new Map<string, Family>();
  add(families, own, "");
  let bytes = 0;
  for (const { namespace, pod, text } of pods) {
    bytes += text.length;
    if (text.length > podBytesMax || bytes > allBytesMax) continue;
    add(families, text, `namespace="${escaped(namespace)}",pod="${escaped(pod)}"`);
  }
  return [...families].map(([name, family]) => textOf(name, family)).join("");
}

function add(families: Map<string, Family>, text: string, podLabels: string): void {
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) addHead(families, line, podLabels !== "");
    else addSample(families, line, podLabels);
  }
}

/** The first who says what a family is has said it for all. */
function addHead(families: Map<string, Family>, line: string, isPods: boolean): void {
  const { what, name = "", rest = "" } = headPattern.exec(line)?.groups ?? {};
  if (what === undefined || (isPods && !isOfPods(name))) return;
  const family = familyOf(families, name);
  if (what === "HELP") family.help ||= rest;
  else if (types.has(rest)) family.type ||= rest;
}

function addSample(families: Map<string, Family>, line: string, podLabels: string): void {
  const { name = "", labels = "", value = "" } = samplePattern.exec(line)?.groups ?? {};
  if (!valuePattern.test(value) || !labelsPattern.test(labels)) return;
  const isPods = podLabels !== "";
  if (isPods && (!isOfPods(name) || ownLabels.test(labels))) return;
  const all = [podLabels, labels].filter((part) => part !== "").join(",");
  const braced = all === "" ? "" : `{${all}}`;
  familyOf(families, baseOf(families, name)).lines.push(`${name}${braced} ${value}\n`);
}

function isOfPods(name: string): boolean {
  return podPrefixes.some((prefix) => name.startsWith(prefix));
}

/** A histogram's samples stand under its name. */
function baseOf(families: Map<string, Family>, name: string): string {
  const base = name.replace(/_(?:bucket|sum|count)$/u, "");
  const type = families.get(base)?.type;
  return type === "histogram" || type === "summary" ? base : name;
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const family = families.get(name) ?? { help: "", type: "", lines: [] };
  families.set(name, family);
  return family;
}

function textOf(name: string, { help, type, lines }: Family): string {
  const head = [
    ...(help === "" ? [] : [`# HELP ${name} ${help}\n`]),
    ...(type === "" ? [] : [`# TYPE ${name} ${type}\n`]),
  ];
  return [...head, ...lines].join("");
}

function escaped(value: string): string {
  return value.replace(/\\/gu, "\\\\").replace(/\n/gu, "\\n").replace(/"/gu, '\\"');
}
