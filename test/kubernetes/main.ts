/**
 * Plays the names of Kubernetes' conformance tests, and tells of each whether it passed, failed or is
 * left out, and why: `node test/kubernetes/main.ts [--json] [--only <pattern>]`.
 */
import { join } from "node:path";
import { run } from "node:test";
import { reasonOf } from "./left-out.ts";
import { names } from "./names.ts";

/** The files of tests whose tests are names. */
const fileNames = ["api", "pods", "volumes", "rollouts", "traffic", "evictions"];

/** Longest that a file of tests may take, in milliseconds. */
const fileMsMax = 10 * 60_000;

interface Verdict {
  readonly name: string;
  readonly outcome: "pass" | "fail" | "left out";
  /** Why it failed or is left out. */
  readonly reason: string;
}

const known = new Set(names);

/** What the files of tests say of names, which are the tests' own. */
async function play(only: string): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const files = fileNames.map((name) => join(import.meta.dirname, `${name}.test.ts`));
  const patterns = only === "" ? {} : { testNamePatterns: [only] };
  const stream = run({ files, concurrency: 1, timeout: fileMsMax, ...patterns });
  stream.on("test:fail", ({ name, details }) => {
    const { message } = details.error;
    if (known.has(name)) verdicts.set(name, { name, outcome: "fail", reason: message });
  });
  stream.on("test:pass", ({ name, skip }) => {
    if (!known.has(name)) return;
    const isSkipped = skip !== undefined && skip !== false;
    const reason = typeof skip === "string" ? skip : "";
    verdicts.set(name, { name, outcome: isSkipped ? "left out" : "pass", reason });
  });
  await new Promise<void>((resolve) => {
    stream.on("end", () => resolve());
    stream.resume();
  });
  return verdicts;
}

function verdictOf(name: string, played: ReadonlyMap<string, Verdict>): Verdict {
  const reason = reasonOf.get(name) ?? "was not played on this computer";
  return played.get(name) ?? { name, outcome: "left out", reason };
}

const marks = { pass: "✔", fail: "✖", "left out": "·" } as const;

function lineOf({ name, outcome, reason }: Verdict): string {
  return `${marks[outcome]} ${name}${reason === "" ? "" : `: ${reason.split("\n")[0]}`}`;
}

const argv = process.argv.slice(2);
const only = argv.includes("--only") ? (argv[argv.indexOf("--only") + 1] ?? "") : "";
const played = await play(only);
const asked = only === "" ? names : names.filter((name) => new RegExp(only, "u").test(name));
const verdicts = asked.map((name) => verdictOf(name, played));
const count = (outcome: Verdict["outcome"]): number =>
  verdicts.filter((verdict) => verdict.outcome === outcome).length;
const totals = { pass: count("pass"), fail: count("fail"), leftOut: count("left out") };
const text = argv.includes("--json")
  ? JSON.stringify({ version: "1.35", ...totals, names: verdicts })
  : [
      ...verdicts.map(lineOf),
      `${totals.pass} passed, ${totals.fail} failed, ${totals.leftOut} left out of ${asked.length}`,
    ].join("\n");
process.stdout.write(`${text}\n`);
process.exitCode = totals.fail === 0 ? 0 : 1;
