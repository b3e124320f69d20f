import type { Random } from "@beemesh/base";
import type { Task } from "./message.ts";

/** Up to this many machines, everybody answers at once and says why if it cannot. */
export const smallMeshMax = 16;
/** Bids wanted beyond one a pod: the best of eight is nearly the best of all. */
const spareBids = 8;
/** Bids that an author wants at most, for however many pods. */
const bidsWantedMax = 64;
/** Each round calls upon so many times more machines. */
const widening = 8;
/** Explanations wanted: enough to see what the matter is. */
const explanationsWanted = 64;

/** How many bids the author hopes for. */
export function bidsWanted(count: number): number {
  return Math.min(bidsWantedMax, spareBids + count);
}

/**
 * Whether this machine is called upon: in a large mesh only some answer, by lot, so that the
 * messages of a placement do not grow with the mesh (the power of several random choices;
 * Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). Each round
 * calls more, the third one all.
 */
export function isCalled(task: Task, random: Random): boolean {
  const wanted = bidsWanted(task.count) * widening ** task.round;
  return isDrawn(task.round >= lastRound ? task.audience : wanted, task.audience, random);
}

/** Whether this machine should say why it cannot. */
export function mustExplain(task: Task, random: Random): boolean {
  return task.explain && isDrawn(explanationsWanted, task.audience, random);
}

/** The last round of a task, which calls everybody. */
export const lastRound = 2;

/** Whether everybody who hears the round is called upon. */
export function callsAll(task: Task): boolean {
  const wanted = bidsWanted(task.count) * widening ** task.round;
  return task.round >= lastRound || wanted >= task.audience;
}

function isDrawn(wanted: number, audience: number, random: Random): boolean {
  return wanted >= audience || random.below(audience) < wanted;
}
