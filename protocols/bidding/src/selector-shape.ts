import type { LabelSelector, SelectorTerm } from "@beemesh/model";
import type { Json } from "@beemesh/wire";
import { list, oneOf, record, shaped, text } from "./check.ts";

/** A label's key has at most 317 characters: a DNS name, a slash, and 63 more. */
export const labelKey = text(317);
/** A label's value has at most 63 characters, the name of a node 253. */
export const labelValue = text(253);
/** Values of one expression, labels of one selector. */
export const valuesMax = 64;
/** Expressions of a term, terms of an affinity. */
export const termsMax = 16;

function isExpression(json: Json | undefined): json is Json {
  return shaped(
    json,
    { key: labelKey, operator: oneOf("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt") },
    { values: list(labelValue, valuesMax) },
  );
}

/** Whether JSON is a node selector term, within limits. */
export function isTerm(json: Json | undefined): json is Json & SelectorTerm {
  const expressions = list(isExpression, termsMax);
  return shaped(json, {}, { matchExpressions: expressions, matchFields: expressions });
}

/** Whether JSON is a label selector, within limits. */
export function isLabelSelector(json: Json | undefined): json is Json & LabelSelector {
  const expressions = list(isExpression, termsMax);
  const labels = record(labelValue, valuesMax);
  return shaped(json, {}, { matchLabels: labels, matchExpressions: expressions });
}
