import { type Outcome, type ScenarioOptions, scenarios } from "@beemesh/sim";
import type { Command } from "commander";

interface SimFlags {
  readonly machines?: string;
  readonly pods?: string;
  readonly seed: string;
  readonly seeds?: string;
  readonly json?: boolean;
}

/** A run with what it cost this computer: the only part that differs from run to run. */
interface Run extends Outcome {
  readonly wallSeconds: number;
  readonly rssMb: number;
}

/** Adds `beemesh sim <scenario>`: the real program in a make-believe world of one seed. */
export function addSim(program: Command): void {
  const names = Object.keys(scenarios).join(", ");
  program
    .command("sim")
    .description("run the mesh in a simulated world: same seed, same story")
    .argument("<scenario>", names)
    .option("--machines <count>", "how many machines; each scenario has a number of its own")
    .option("--pods <count>", "how many pods in all")
    .option("--seed <number>", "what the world is made of", "0")
    .option("--seeds <first..last>", "one run for each of these seeds")
    .option("--json", "one line of JSON for each run, the only thing on standard output")
    .addHelpText(
      "after",
      `
Examples:
  beemesh sim chaos --seeds 0..99
  beemesh sim heal --machines 100 --pods 1000 --seed 7 --json`,
    )
    .action((name: string, flags: SimFlags) => {
      const scenario = scenarios[name];
      if (scenario === undefined) {
        program.error(`Cannot run scenario ${name}: there are ${names}`);
        return;
      }
      const runs = seedsOf(flags, program).map((seed) => run(scenario, seed, flags));
      if (runs.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}

function run(scenario: (options: ScenarioOptions) => Outcome, seed: number, flags: SimFlags): Run {
  const startedAt = performance.now();
  const outcome = scenario({
    seed,
    ...(flags.machines !== undefined && { machines: Number(flags.machines) }),
    ...(flags.pods !== undefined && { pods: Number(flags.pods) }),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const done = {
    ...outcome,
    wallSeconds: Math.round((performance.now() - startedAt) / 100) / 10,
    rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
  process.stdout.write(flags.json === true ? `${JSON.stringify(done)}\n` : tableOf(done, flags));
  return done;
}

/** The seeds to run: one, or all of a range such as `0..99`. */
export function seedsOf(
  { seed, seeds }: Pick<SimFlags, "seed" | "seeds">,
  program: Pick<Command, "error">,
): readonly number[] {
  const [first, last = first] = (seeds ?? seed).split("..").map(Number);
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  if (first === undefined || last === undefined || !isRange || last < first || first < 0) {
    program.error(`Cannot read seeds ${seeds ?? seed}: a number or first..last is wanted`);
    return [];
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A run for people: what it measured, what was wrong, and how to see it again. */
export function tableOf(done: Run, flags: Omit<SimFlags, "seed">): string {
  const { scenario, seed, ok, violations, metrics, wallSeconds, rssMb } = done;
  const rows = Object.entries({ ...metrics, wallSeconds, rssMb });
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = [
    `${ok ? "ok" : "FAILED"}  ${scenario}, seed ${seed}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...violations.map(({ invariant, message }) => `  ${invariant}: ${message}`),
    ...(ok ? [] : [`  again: ${replayOf(scenario, seed, flags)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function replayOf(scenario: string, seed: number, flags: Omit<SimFlags, "seed">): string {
  const machines = flags.machines === undefined ? "" : ` --machines ${flags.machines}`;
  const pods = flags.pods === undefined ? "" : ` --pods ${flags.pods}`;
  return `beemesh sim ${scenario}${machines}${pods} --seed ${seed} --json`;
}
