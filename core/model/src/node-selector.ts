/**
 * Which nodes are meant by their labels and names, as a pod's node affinity says it.
 *
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import { matches } from "./label-selector.ts";
import { listAt, objectsAt, textAt, textOf } from "./members.ts";

/** Labels of a machine or a pod. */
export type Labels = Readonly<Record<string, string>>;

/** One condition on labels or fields. */
export interface NodeExpression {
  readonly key: string;
  readonly operator: keyof typeof operators;
  readonly values?: readonly string[];
}

/** A node selector term: all of its expressions must hold. */
export interface SelectorTerm {
  readonly matchExpressions?: readonly NodeExpression[];
  /** On `metadata.name` alone. */
  readonly matchFields?: readonly NodeExpression[];
}

/** The terms of a required node affinity, one of which must hold; undefined for no condition. */
export function requiredTerms(affinity: unknown): readonly SelectorTerm[] | undefined {
  const path = ["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  const terms = objectsAt(affinity, ...path, "nodeSelectorTerms");
  if (terms.length === 0) return undefined;
  return terms.map((term) => ({
    matchExpressions: expressionsAt(term, "matchExpressions"),
    matchFields: expressionsAt(term, "matchFields"),
  }));
}

/** Whether a machine matches one of the terms. A term without expressions matches nothing. */
export function matchesTerms(
  terms: readonly SelectorTerm[],
  labels: Labels,
  name: string,
): boolean {
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return isMet(matchExpressions, labels) && isMet(matchFields, { "metadata.name": name });
  });
}

function expressionsAt(term: unknown, member: string): readonly NodeExpression[] {
  return objectsAt(term, member).map((expression) => {
    const [key, operator] = [textAt(expression, "key"), textAt(expression, "operator")];
    const values = listAt(expression, "values").map(textOf);
    // A condition that is not known holds nowhere.
    return isOperator(operator) ? { key, operator, values } : { key, operator: "In", values: [] };
  });
}

function isOperator(text: string): text is NodeExpression["operator"] {
  return Object.hasOwn(operators, text);
}

const operators = {
  In: "in",
  NotIn: "not-in",
  Exists: "exists",
  DoesNotExist: "absent",
  Gt: "above",
  Lt: "below",
} as const;

function isMet(expressions: readonly NodeExpression[], labels: Labels): boolean {
  const requirements = expressions.map(({ key, operator, values = [] }) => {
    return { key, operator: operators[operator], values };
  });
  return matches({ kind: "all", requirements }, labels);
}
