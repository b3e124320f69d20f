import type { ProgramProbe } from "./program.ts";

/** What is known of a program's health. */
export interface Health {
  readonly isReady: boolean;
  /** Why; for people. */
  readonly message: string;
  /** Answers of one kind that came in a row. */
  readonly streak: { readonly isGood: boolean; readonly count: number };
}

/** What a probe gave; an empty reason if the program answered. */
export interface Answer {
  readonly reason: string;
}

/** Nothing is known yet: who is not known to be ready is not. */
export const unknownHealth: Health = {
  isReady: false,
  message: "It has not been asked yet",
  streak: { isGood: false, count: 0 },
};

/** A program that nobody asks. */
export const unasked: Health = {
  isReady: true,
  message: "It has no readinessProbe and counts as ready",
  streak: { isGood: true, count: 0 },
};

/** A program that its machine's owner has not agreed to: nobody asks it either. */
export function unaccepted(message: string): Health {
  return { isReady: false, message, streak: { isGood: false, count: 0 } };
}

/**
 * The health after one more answer: it becomes ready after so many good ones in a row, and ceases
 * to be after so many bad ones, as the probe says. The first answer counts at once.
 *
 * Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function nextHealth(before: Health, { reason }: Answer, probe: ProgramProbe): Health {
  const isGood = reason === "";
  const count = before.streak.isGood === isGood ? before.streak.count + 1 : 1;
  const streak = { isGood, count };
  const needed = isGood ? probe.successes : probe.failures;
  const isFirst = before === unknownHealth && !isGood;
  if (isGood === before.isReady && !isFirst) return { ...before, streak };
  if (count < needed && !isFirst) return { ...before, streak };
  const message = isGood ? "It answers" : reason;
  return { isReady: isGood, message, streak };
}
