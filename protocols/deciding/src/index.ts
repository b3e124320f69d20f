/**
 * Deciding: one machine decides all writes of a collection, one after another.
 *
 * Every machine can compute who that is: the first living keeper. The machine that a client asked
 * hands the write to it ({@link Inquiry}); it rules on what comes ({@link rule}), and remembers
 * what it answered ({@link AnswerBook}). What a precondition means is told by what the version is
 * made of ({@link Version}), for revisions count on one machine only.
 *
 * Pure: time and messages come in as arguments; who sends what is for the daemon.
 *
 * @module
 */

export { type Answer, answerJson, type Decided, readAnswer } from "./answer.ts";
export { AnswerBook } from "./answer-book.ts";
export { type Court, type Failure, Inquiry, isRepeatable, type Step } from "./inquiry.ts";
export { depthMax, entriesLengthMax, entriesMax, lineBytesMax } from "./limits.ts";
export {
  type ConsultQuestion,
  type Question,
  questionJson,
  readQuestion,
  type Version,
  type WriteQuestion,
} from "./question.ts";
export { Recent } from "./recent.ts";
export { isSameVersion, type RecordStamp, recordKey } from "./record.ts";
export { revisionIn, shownRevision, withRevision } from "./revision-text.ts";
export { lackingOf, type Ruling, rule, type Standing } from "./ruling.ts";
export { Seat } from "./seat.ts";
