/**
 * Expressions of admission: compiled once, and evaluated with what is known of a request.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import {
  type AccessQuestion,
  authorizerValue,
  type Compilation,
  compile,
  type Given,
  Lazy,
  Meter,
  requestResourceValue,
  type Value,
} from "@beemesh/cel";
import type { User } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { Attributes } from "../access/rule.ts";
import type { Call } from "../call.ts";
import { reviewRequest } from "./admission-review.ts";
import { type Intent, jsonOf, namespaceOf } from "./intent.ts";
import { homeOf } from "./matching.ts";

/** Compiled expressions that are kept; of more the longest unused goes. */
const compiledMax = 512;

/**
 * What the expressions of one webhook or policy may cost together: two and a half calls of
 * Kubernetes, as it allows for match conditions (RuntimeCELCostBudgetMatchConditions).
 */
export const budgetMax = 2_500_000;

/** Which variables an expression may name besides those of the request. */
export interface Scope {
  readonly hasParams: boolean;
  /** Names of the policy's own variables that may be used. */
  readonly variables: readonly string[];
}

export const requestScope: Scope = { hasParams: false, variables: [] };

/** Expressions by their source: the same policy judges every request. */
export class Expressions {
  readonly #compiled = new Map<string, Compilation>();

  compile(source: string, result: string, scope: Scope): Compilation {
    const key = JSON.stringify([source, result, scope.hasParams, scope.variables]);
    const known = this.#compiled.get(key);
    this.#compiled.delete(key);
    const compiled = known ?? compile(source, { variables: declarationsOf(scope), result });
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > compiledMax && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }
}

function declarationsOf({ hasParams, variables }: Scope): Record<string, string> {
  return {
    object: "dyn",
    oldObject: "dyn",
    request: "dyn",
    namespaceObject: "dyn",
    authorizer: "Authorizer",
    "authorizer.requestResource": "ResourceCheck",
    ...(hasParams ? { params: "dyn" } : {}),
    ...(variables.length === 0 ? {} : { variables: "dyn" }),
  };
}

/** The value of an expression, or why it has none. */
export type Evaluated =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

/** The values of a request's variables, and what may still be spent on them. */
export interface Scene {
  readonly values: Readonly<Record<string, Given>>;
  readonly meter: Meter;
}

/** What expressions see of a request. */
export function sceneOf(call: Call, intent: Intent): Scene {
  const { object: _, oldObject: __, ...request } = reviewRequest(call, intent);
  const ask = (question: AccessQuestion): { isAllowed: boolean; reason: string } => {
    const { allowed, reason } = call.context.book.decide(
      askedUser(call.request.user, question),
      attributesAsked(question),
    );
    return { isAllowed: allowed, reason };
  };
  const { resource, subresource } = call.info;
  const namespace = namespaceOf(call, intent);
  const about = { group: resource.group, resource: resource.name, subresource, namespace };
  return {
    meter: new Meter(budgetMax),
    values: {
      object: jsonOf(intent.object),
      oldObject: jsonOf(intent.before),
      request,
      namespaceObject: namespace === "" ? null : jsonOf(homeOf(call, intent)),
      authorizer: authorizerValue(ask),
      "authorizer.requestResource": requestResourceValue(ask, { ...about, name: intent.name }),
    },
  };
}

function askedUser(user: User, { serviceAccount }: AccessQuestion): User {
  if (serviceAccount === undefined) return user;
  const [namespace = "", name = ""] = serviceAccount.split("/");
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: [
      "system:serviceaccounts",
      `system:serviceaccounts:${namespace}`,
      "system:authenticated",
    ],
  };
}

function attributesAsked(question: AccessQuestion): Attributes {
  const { verb = "", group = "", resource = "", subresource = "" } = question;
  const { namespace = "", name = "", path = "" } = question;
  return { verb, group, resource, subresource, namespace, name, path };
}

/** Evaluates an expression. What does not compile has no value. */
export function evaluated(compiled: Compilation, source: string, scene: Scene): Evaluated {
  if (!compiled.ok) return { ok: false, message: compiled.message };
  const told = (why: string): Evaluated => ({
    ok: false,
    message: `expression '${source}' resulted in error: ${why}`,
  });
  try {
    const outcome = compiled.program.evaluate(scene.values, scene.meter);
    return outcome.ok ? outcome : told(outcome.message);
  } catch (error) {
    if (error instanceof VariableFault) return told(error.message);
    throw error;
  }
}

/** A variable of a policy that has no value takes the value of whoever names it. */
class VariableFault extends Error {}

/** One of a policy's own variables. */
export interface Variable {
  readonly name: string;
  readonly expression: string;
}

/**
 * The scene with a policy's own variables. Each is evaluated when it is first named, and may name
 * those before it.
 */
export function withVariables(
  expressions: Expressions,
  scene: Scene,
  {
    variables,
    hasParams,
  }: { readonly variables: readonly Variable[]; readonly hasParams: boolean },
): Scene {
  if (variables.length === 0) return scene;
  const made = new Map<string, Value>();
  const value = (name: string): Value | undefined => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const at = variables.findIndex((each) => each.name === name);
    const variable = variables[at];
    if (variable === undefined) return undefined;
    const earlier = variables.slice(0, at).map((each) => each.name);
    const compiled = expressions.compile(variable.expression, "dyn", {
      hasParams,
      variables: earlier,
    });
    const outcome = evaluated(compiled, variable.expression, whole);
    if (!outcome.ok) throw new VariableFault(outcome.message);
    made.set(name, outcome.value);
    return outcome.value;
  };
  const names = variables.map(({ name }) => name);
  const own = new Lazy(() => ({
    isMap: true,
    size: names.length,
    keys: () => names,
    get: (key) => (typeof key === "string" ? value(key) : undefined),
  }));
  const whole: Scene = { ...scene, values: { ...scene.values, variables: own } };
  return whole;
}

/** A parameter for expressions. */
export function paramsOf(value: unknown): Json | JsonObject {
  return isJsonObject(value) ? value : null;
}
