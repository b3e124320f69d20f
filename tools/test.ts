/**
 * Everything that must hold, in the order of what fails fastest: formatter, types, linter, unused
 * code, unit and simulator tests beside drivers on the real thing, then every verb of every
 * kubectl, then the whole story end to end.
 * Ends with a line `N passed, N failed`. What this computer cannot run is named with its reason.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";

/** Longest that any one command may take, in milliseconds: a hung step must not hang the rest. */
const stepMsMax = 10 * 60_000;
/** Longest that a file of tests may take, or a package of them. */
const loadMsMax = 5 * 60_000;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Lines that name what was skipped, and why. */
  readonly skipped: readonly string[];
}

/** Loads many files of tests into one process. */
const loader = join(import.meta.dirname, "together.ts");

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

/** Test files that one process runs, one after the other. */
interface Load {
  readonly name: string;
  readonly files: readonly string[];
}

function filesOf(patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { exclude: ["**/node_modules/**"] }).toSorted();
}

/** A process for each file: what it does to the process, and its end, are its own. */
function apart(...patterns: readonly string[]): Load[] {
  return filesOf(patterns).map((file) => ({ name: file, files: [file] }));
}

/** A process for each package: for files that disturb nobody, and are done before one starts. */
function together(...patterns: readonly string[]): Load[] {
  const packages = Map.groupBy(filesOf(patterns), (file) => file.split("/src/")[0] ?? "");
  return [...packages].map(([name, files]) => ({ name, files }));
}

/**
 * Runs tests in lanes, a process at a time in each: its own loads, then what is left of others'.
 * A line for each load, and everything of what fails.
 */
async function tests(lanes: readonly Load[][]): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  const drive = async (own: Load[]): Promise<void> => {
    for (;;) {
      const load = [own, ...lanes].find((lane) => lane.length > 0)?.shift();
      if (load === undefined) return;
      outcomes.push(await testsOf(load));
    }
  };
  await Promise.all(lanes.map(drive));
  return sumOf(outcomes);
}

/** Runs a load, counted test by test. */
async function testsOf({ name, files }: Load): Promise<Outcome> {
  const outcome = { passed: 0, failed: 0, skipped: [] as string[] };
  const start = performance.now();
  const only = files.length === 1 ? { files } : { files: [loader], argv: files };
  const stream = run({ ...only, timeout: loadMsMax });
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
  stream.on("test:summary", ({ counts, success }) => {
    outcome.passed = counts.passed;
    // Who dies without counting has failed, whatever was counted before.
    outcome.failed = Math.max(counts.tests - counts.passed - counts.skipped, success ? 0 : 1);
  });
  await new Promise<void>((resolve) => {
    stream.on("end", () => resolve());
    stream.resume();
  });
  const skipped = outcome.skipped.length > 0 ? `, ${outcome.skipped.length} skipped` : "";
  const mark = outcome.failed === 0 ? "✔" : "✖";
  const took = seconds(performance.now() - start);
  say(`${mark} ${name}: ${outcome.passed} passed${skipped} (${took})`);
  return outcome;
}

function sumOf(outcomes: readonly Outcome[]): Outcome {
  const count = (of: "passed" | "failed"): number =>
    outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
  const skipped = outcomes.flatMap((outcome) => outcome.skipped);
  return { passed: count("passed"), failed: count("failed"), skipped };
}

function indent(text: string): string {
  return text.replaceAll(/^/gmu, "    ");
}

const verbs = [process.execPath, "test/kubectl/main.ts", "--json"];
const story = [process.execPath, "apps/cli/src/main.ts", "dev", "--check", "--json"];

const inPackages = (names: string): string => `${names}/src/**/*.test.ts`;

/** What only computes. */
const pure = [
  ...together(inPackages("core/*"), inPackages("protocols/*"), inPackages("planes/*")),
  ...apart(inPackages("sim"), "tools/*.test.ts"),
];

/** Packages of the world that do not disturb it. */
const quiet = "adapters/!(lab|runtime)";

/**
 * What drives this computer, and waits for it more than it computes: two of them at a time, those
 * that take long first.
 */
const world = [
  ...apart(inPackages("apps/dev")),
  ...apart("test/**/*.test.ts"),
  ...apart(inPackages("{bench,apps/!(dev)}"), inPackages("adapters/{lab,runtime}")),
  ...together(inPackages(quiet)),
];

const steps: readonly (() => Promise<Outcome>)[] = [
  () => check("format", ["biome", "check"]),
  () => check("types", ["tsc", "--build"]),
  () => check("lint", ["npm", "run", "--silent", "lint"]),
  () => check("unused", ["knip"]),
  () => tests([pure, world, world]),
  () => check("every verb of every kubectl", verbs, true),
  () => check("the whole story", story, true),
];

const start = performance.now();
const outcomes: Outcome[] = [];
for (const step of steps) outcomes.push(await step());
const { passed, failed, skipped } = sumOf(outcomes);
if (skipped.length > 0) say(`\nSkipped on this computer:\n${indent(skipped.join("\n"))}`);
say(`\ntook ${seconds(performance.now() - start)}`);
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
