import { type LabelRequirement, matches, type Selector } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

const operators: Readonly<Record<string, LabelRequirement["operator"]>> = {
  In: "in",
  NotIn: "not-in",
  Exists: "exists",
  DoesNotExist: "absent",
};

/**
 * Reads a label selector from outside. An empty one selects everything.
 *
 * @returns undefined if any part of it is malformed: what was meant is not known then.
 */
export function readSelector(json: unknown): Selector | undefined {
  if (!isJsonObject(json)) return undefined;
  const { matchLabels = null, matchExpressions = null } = json;
  const equal = matchLabels === null ? [] : readLabels(matchLabels);
  const more = matchExpressions === null ? [] : readExpressions(matchExpressions);
  if (equal === undefined || more === undefined) return undefined;
  return { kind: "all", requirements: [...equal, ...more] };
}

/**
 * Whether a selector selects what has these labels. Of labels that are not known only that can be
 * said which holds of all: an empty selector selects them, and no other.
 */
export function selects(
  selector: Selector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (labels === undefined) return selector.kind === "all" && selector.requirements.length === 0;
  return matches(selector, labels);
}

function readLabels(json: Json): readonly LabelRequirement[] | undefined {
  if (!isJsonObject(json)) return undefined;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(json)) {
    if (typeof value !== "string") return undefined;
    requirements.push({ key, operator: "in", values: [value] });
  }
  return requirements;
}

function readExpressions(json: Json): readonly LabelRequirement[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const requirements: LabelRequirement[] = [];
  for (const item of json) {
    const requirement = isJsonObject(item) ? readExpression(item) : undefined;
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

function readExpression({
  key,
  operator,
  values = null,
}: JsonObject): LabelRequirement | undefined {
  if (typeof key !== "string" || typeof operator !== "string") return undefined;
  const known = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  const list: readonly Json[] | undefined =
    values === null ? [] : Array.isArray(values) ? values : undefined;
  if (known === undefined || list === undefined) return undefined;
  const texts = list.filter((value) => typeof value === "string");
  const needsValues = known === "in" || known === "not-in";
  if (texts.length !== list.length || needsValues !== list.length > 0) return undefined;
  return { key, operator: known, values: texts };
}
