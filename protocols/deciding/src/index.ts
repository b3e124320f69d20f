/**
 * Deciding: one machine decides all writes of a collection, one after another.
 *
 * Every machine can compute who that is: the first living keeper. The machine that a client asked
 * hands the write to it; it rules on what comes, and remembers what it answered. What a
 * precondition means is told by what the version is made of, for revisions count on one machine
 * only.
 *
 * Pure: {@link Deciding} takes events and gives effects, and looks things up by {@link Premises}.
 * Time and the names of writes are arguments.
 *
 * @module
 */

export { type Answer, answerJson, readAnswer } from "./answer.ts";
export type { Case } from "./case.ts";
export { Deciding } from "./deciding.ts";
export type { DecidingEffect, DecidingEvent, NoAnswer, Outcome, Prompt } from "./event.ts";
export { depthMax, lineBytesMax } from "./limits.ts";
export type { Premises } from "./premises.ts";
export { type Question, questionJson, readQuestion } from "./question.ts";
