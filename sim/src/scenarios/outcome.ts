import type { Violation } from "../checkers/sight.ts";

/** What a scenario is asked to do. */
export interface ScenarioOptions {
  readonly seed: number;
  /** Machines; what the scenario thinks fit if not given. */
  readonly machines?: number;
  /** Pods wanted in all; what the scenario thinks fit if not given. */
  readonly pods?: number;
  /** Is told now and then what a long run is at. */
  readonly progress?: (line: string) => void;
}

/** What came of a run: the same for the same scenario, seed and sizes. */
export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Puts an outcome together. */
export function outcomeOf(
  scenario: string,
  seed: number,
  found: {
    readonly violations: readonly Violation[];
    readonly metrics: Readonly<Record<string, number>>;
  },
): Outcome {
  return { scenario, seed, ok: found.violations.length === 0, ...found };
}
