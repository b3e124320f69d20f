/**
 * Questions whether somebody may do something.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
 */
import type { Library } from "./overload.ts";
import { on } from "./standard.ts";
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

/** A question that is not whole yet, and who will answer it. */
interface Draft {
  readonly ask: Authorizer;
  readonly question: AccessQuestion;
}

const prefix = "kubernetes.authorization.";

/** The variable `authorizer` of an expression. What it finds is paid for by the question. */
export function authorizerValue(ask: Authorizer): OpaqueValue {
  return draft("Authorizer", { ask, question: {} });
}

/** The variable `authorizer.requestResource` has a name of its own: it is whole but for the verb. */
export function requestResourceValue(ask: Authorizer, question: AccessQuestion): OpaqueValue {
  return draft("ResourceCheck", { ask, question });
}

function draft(type: string, content: Draft): OpaqueValue {
  return new OpaqueValue(`${prefix}${type}`, content, JSON.stringify(content.question));
}

function extended(type: string, value: OpaqueValue, more: AccessQuestion): OpaqueValue {
  const { ask, question } = value.content as Draft;
  return draft(type, { ask, question: { ...question, ...more } });
}

/** What one question costs: the roles of a user are looked through for it. */
const questionCost = 350_000;

function decided(value: OpaqueValue, verb: string): OpaqueValue {
  const { ask, question } = value.content as Draft;
  const answer = ask({ ...question, verb });
  return new OpaqueValue(`${prefix}Decision`, answer, JSON.stringify(answer));
}

function answerOf(value: OpaqueValue): AccessAnswer {
  return value.content as AccessAnswer;
}

const checks: Library = Object.fromEntries(
  ["PathCheck", "ResourceCheck"].map((type) => [
    `${type}.check(string): Decision`,
    on((a: OpaqueValue, verb: string, _c, _d, meter) => {
      meter.spend(questionCost);
      return decided(a, verb);
    }),
  ]),
);

/** Questions whether somebody may do something. */
export const authorizerLibrary: Library = {
  ...checks,
  "Authorizer.path(string): PathCheck": on((a: OpaqueValue, path: string) =>
    extended("PathCheck", a, { path }),
  ),
  "Authorizer.group(string): GroupCheck": on((a: OpaqueValue, group: string) =>
    extended("GroupCheck", a, { group }),
  ),
  "Authorizer.serviceAccount(string, string): Authorizer": on(
    (a: OpaqueValue, namespace: string, name: string) =>
      extended("Authorizer", a, { serviceAccount: `${namespace}/${name}` }),
  ),
  "GroupCheck.resource(string): ResourceCheck": on((a: OpaqueValue, resource: string) =>
    extended("ResourceCheck", a, { resource }),
  ),
  "ResourceCheck.subresource(string): ResourceCheck": on((a: OpaqueValue, subresource: string) =>
    extended("ResourceCheck", a, { subresource }),
  ),
  "ResourceCheck.namespace(string): ResourceCheck": on((a: OpaqueValue, namespace: string) =>
    extended("ResourceCheck", a, { namespace }),
  ),
  "ResourceCheck.name(string): ResourceCheck": on((a: OpaqueValue, name: string) =>
    extended("ResourceCheck", a, { name }),
  ),
  "Decision.allowed(): bool": on((a: OpaqueValue) => answerOf(a).isAllowed),
  "Decision.reason(): string": on((a: OpaqueValue) => answerOf(a).reason),
  "Decision.errored(): bool": on(() => false),
  "Decision.error(): string": on(() => ""),
};
