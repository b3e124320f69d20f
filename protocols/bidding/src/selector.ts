import type { LabelSelector } from "@beemesh/model";

/** Labels of a machine or a pod. */
export type Labels = Readonly<Record<string, string>>;

/** One condition on labels or fields. */
export interface Expression {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";
  readonly values?: readonly string[];
}

/** A node selector term: all of its expressions must hold. */
export interface SelectorTerm {
  readonly matchExpressions?: readonly Expression[];
  /** On `metadata.name` alone. */
  readonly matchFields?: readonly Expression[];
}

/**
 * Whether a machine matches one of the terms. A term without expressions matches nothing.
 *
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
export function matchesTerms(
  terms: readonly SelectorTerm[],
  labels: Labels,
  name: string,
): boolean {
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((expression) => matches(expression, labels)) &&
      matchFields.every((expression) => matches(expression, { "metadata.name": name }))
    );
  });
}

/** Whether labels match a label selector; an empty selector matches everything. */
export function matchesLabelSelector(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => matches(expression, labels))
  );
}

function matches({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
