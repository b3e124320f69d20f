/**
 * Everything that must hold, in the order of what fails fastest: formatter, types, linter, unused
 * code, unit and simulator tests, then drivers on the real thing, then every verb of every kubectl,
 * then the whole story end to end.
 * Ends with a line `N passed, N failed`. What this computer cannot run is named with its reason.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { relative } from "node:path";
import { run } from "node:test";

/** Longest that any one command may take, in milliseconds: a hung step must not hang the rest. */
const stepMsMax = 10 * 60_000;
/** Longest that a file of tests may take. */
const fileMsMax = 5 * 60_000;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Lines that name what was skipped, and why. */
  readonly skipped: readonly string[];
}

const nothing: Outcome = { passed: 0, failed: 0, skipped: [] };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Runs a command, whose output is shown when it fails, or as it comes with `isLive`. */
function execute(
  argv: readonly string[],
  isLive: boolean,
): Promise<{ readonly code: number; readonly output: string }> {
  const [command = "", ...rest] = argv;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGTERM"), stepMsMax);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (isLive) process.stdout.write(chunk);
      });
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** A command that passes or fails as a whole. */
async function check(name: string, argv: readonly string[], isLive = false): Promise<Outcome> {
  const start = performance.now();
  if (isLive) say(`  ${name}:`);
  const { code, output } = await execute(argv, isLive);
  if (code !== 0 && !isLive) say(output.trimEnd());
  say(`${code === 0 ? "✔" : "✖"} ${name} (${seconds(performance.now() - start)})`);
  const skipped = skippedOf(output).map((what) => `${name}: ${what}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped };
}

/** What the report of the whole story says that it could not show. */
function skippedOf(output: string): string[] {
  const report = /^\{.*"skipped":(?<list>\[[^\]]*\])/mu.exec(output)?.groups?.["list"];
  const list: unknown = report === undefined ? [] : JSON.parse(report);
  return Array.isArray(list) ? list.map(String) : [];
}

/** Test files, counted test by test; a line for each file, and everything of what fails. */
async function tests(name: string, patterns: readonly string[], atOnce: number): Promise<Outcome> {
  const files = globSync([...patterns], { exclude: ["**/node_modules/**"] }).toSorted();
  if (files.length === 0) return nothing;
  say(`  ${name}: ${files.length} files`);
  const outcome = { passed: 0, failed: 0, skipped: [] as string[] };
  const stream = run({ files, concurrency: atOnce, timeout: fileMsMax });
  stream.on("test:fail", ({ name: test, file = "", details }) => {
    if (details.type === "suite") return;
    const { cause, message, stack } = details.error;
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : (stack ?? message);
    say(`✖ ${relative("", file)}: ${test}\n${indent(reason)}`);
  });
  stream.on("test:pass", ({ name: test, file = "", skip }) => {
    if (skip === undefined || skip === false) return;
    const why = skip === true || skip === "" ? "" : `: ${skip}`;
    outcome.skipped.push(`${relative("", file)}: ${test}${why}`);
  });
  stream.on("test:summary", ({ file, counts, success, duration_ms: tookMs }) => {
    if (file === undefined) {
      outcome.passed = counts.passed;
      // Who dies without counting has failed, whatever was counted before.
      outcome.failed = Math.max(counts.tests - counts.passed - counts.skipped, success ? 0 : 1);
      return;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    const mark = success ? "✔" : "✖";
    const path = relative("", file);
    say(`${mark} ${path}: ${counts.passed} passed${skipped} (${seconds(tookMs)})`);
  });
  await new Promise<void>((resolve) => {
    stream.on("end", () => resolve());
    stream.resume();
  });
  return outcome;
}

function indent(text: string): string {
  return text.replaceAll(/^/gmu, "    ");
}

const pure = ["core/*", "protocols/*", "planes/*", "sim"].map((ring) => `${ring}/src/**/*.test.ts`);
const world = ["adapters/*", "apps/*", "bench"].map((ring) => `${ring}/src/**/*.test.ts`);
const verbs = [process.execPath, "test/kubectl/main.ts", "--json"];
const story = [process.execPath, "apps/cli/src/main.ts", "dev", "--check", "--json"];

const steps: readonly (() => Promise<Outcome>)[] = [
  () => check("format", ["biome", "check"]),
  () => check("types", ["tsc", "--build"]),
  () => check("lint", ["npm", "run", "--silent", "lint"]),
  () => check("unused", ["knip"]),
  () => tests("unit and simulator", [...pure, "tools/*.test.ts"], 2),
  () => tests("adapters, apps and conformance", [...world, "test/**/*.test.ts"], 1),
  () => check("every verb of every kubectl", verbs, true),
  () => check("the whole story", story, true),
];

const start = performance.now();
let passed = 0;
let failed = 0;
const skipped: string[] = [];
for (const step of steps) {
  const outcome = await step();
  passed += outcome.passed;
  failed += outcome.failed;
  skipped.push(...outcome.skipped);
}
if (skipped.length > 0) say(`\nSkipped on this computer:\n${indent(skipped.join("\n"))}`);
say(`\ntook ${seconds(performance.now() - start)}`);
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
