/**
 * Questions whether somebody may do something.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
 */
import type { Arguments } from "./arguments.ts";
import type { Library } from "./overload.ts";
import { OpaqueValue } from "./value.ts";

/** What is asked for: a path, or a resource of a group. */
export interface AccessQuestion {
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly verb?: string;
  /** `namespace/name` of the account that is asked about instead of the user. */
  readonly serviceAccount?: string;
}

/** What is answered. */
export interface AccessAnswer {
  readonly isAllowed: boolean;
  readonly reason: string;
}

/** Answers questions for one user. */
export type Authorizer = (question: AccessQuestion) => AccessAnswer;

const prefix = "kubernetes.authorization.";

/** A question that may not be whole yet, and who will answer it. */
class Question extends OpaqueValue {
  readonly type: string;
  readonly ask: Authorizer;
  readonly question: AccessQuestion;
  readonly text: string;

  constructor(type: string, ask: Authorizer, question: AccessQuestion) {
    super();
    this.type = `${prefix}${type}`;
    this.ask = ask;
    this.question = question;
    this.text = JSON.stringify(question);
  }

  with(type: string, more: AccessQuestion): Question {
    return new Question(type, this.ask, { ...this.question, ...more });
  }
}

class Decision extends OpaqueValue {
  readonly type: string = `${prefix}Decision`;
  readonly answer: AccessAnswer;
  readonly text: string;

  constructor(answer: AccessAnswer) {
    super();
    this.answer = answer;
    this.text = JSON.stringify(answer);
  }
}

/** The variable `authorizer` of an expression. */
export function authorizerValue(ask: Authorizer): OpaqueValue {
  return new Question("Authorizer", ask, {});
}

/** `authorizer.requestResource`: a question that lacks its verb alone. */
export function requestResourceValue(ask: Authorizer, question: AccessQuestion): OpaqueValue {
  return new Question("ResourceCheck", ask, question);
}

/** What one question costs: the roles of a user are looked through for it. */
const questionCost = 350_000;

function decided(given: Arguments): Decision {
  const { ask, question } = given.of(0, Question);
  given.meter.spend(questionCost);
  return new Decision(ask({ ...question, verb: given.text(1) }));
}

/** Asks about a resource in one more part of its place. */
function narrowed(part: "subresource" | "namespace" | "name"): (given: Arguments) => Question {
  return (given) => given.of(0, Question).with("ResourceCheck", { [part]: given.text(1) });
}

/** Questions whether somebody may do something. */
export const authorizerLibrary: Library = {
  "Authorizer.path(string): PathCheck": (given) =>
    given.of(0, Question).with("PathCheck", { path: given.text(1) }),
  "Authorizer.group(string): GroupCheck": (given) =>
    given.of(0, Question).with("GroupCheck", { group: given.text(1) }),
  "Authorizer.serviceAccount(string, string): Authorizer": (given) =>
    given.of(0, Question).with("Authorizer", {
      serviceAccount: `${given.text(1)}/${given.text(2)}`,
    }),
  "GroupCheck.resource(string): ResourceCheck": (given) =>
    given.of(0, Question).with("ResourceCheck", { resource: given.text(1) }),
  "ResourceCheck.subresource(string): ResourceCheck": narrowed("subresource"),
  "ResourceCheck.namespace(string): ResourceCheck": narrowed("namespace"),
  "ResourceCheck.name(string): ResourceCheck": narrowed("name"),
  "PathCheck.check(string): Decision": decided,
  "ResourceCheck.check(string): Decision": decided,
  "Decision.allowed(): bool": (given) => given.of(0, Decision).answer.isAllowed,
  "Decision.reason(): string": (given) => given.of(0, Decision).answer.reason,
  "Decision.errored(): bool": () => false,
  "Decision.error(): string": () => "",
};
