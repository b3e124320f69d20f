/**
 * Label selectors, as text in requests and as objects in manifests.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
import { labelValueError, qualifiedNameError } from "./name.ts";
import type { LabelSelector } from "./pod.ts";

/** What one label must be. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "in" | "not-in" | "exists" | "absent" | "above" | "below";
  readonly values: readonly string[];
}

/** Which labels are wanted: those that meet every requirement, or none at all. */
export interface Selector {
  readonly kind: "all" | "nothing";
  readonly requirements: readonly LabelRequirement[];
}

/** Text longer than this is no selector that a client sends; it bounds the work of reading it. */
const selectorLengthMax = 16_384;

/** The selector that every object meets. */
export const everything: Selector = { kind: "all", requirements: [] };

/** The selector that no object meets. */
export const nothing: Selector = { kind: "nothing", requirements: [] };

/**
 * Reads the text of a label selector, such as `app=web,tier!=db,env in (a, b),!old`.
 *
 * @returns The selector, or what is wrong with the text, for people.
 */
export function parseLabelSelector(
  text: string,
): { readonly ok: true; readonly selector: Selector } | Refusal {
  if (text.length > selectorLengthMax) return { ok: false, message: "selector is too long" };
  const requirements: LabelRequirement[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const match = requirementPattern.exec(rest);
    const requirement = match === null ? undefined : requirementOf(match);
    if (match === null || requirement === undefined) {
      return { ok: false, message: `unable to parse requirement: found '${rest.slice(0, 64)}'` };
    }
    const error = requirementError(requirement);
    if (error !== undefined) return { ok: false, message: `unable to parse requirement: ${error}` };
    requirements.push(requirement);
    rest = rest.slice(match[0].length);
  }
  return { ok: true, selector: { kind: "all", requirements } };
}

interface Refusal {
  readonly ok: false;
  readonly message: string;
}

/** Whether labels meet a selector. */
export function matches(
  selector: Selector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector.kind === "nothing") return false;
  return selector.requirements.every((requirement) => meets(requirement, labels ?? {}));
}

/** The selector that an object's `selector` member says; without one, nothing is selected. */
export function selectorOf(object: LabelSelector | undefined): Selector {
  if (object === undefined || object === null) return nothing;
  const equalities = requirementsOf(object.matchLabels ?? {});
  const expressions = (object.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator: operators[operator],
    values: values ?? [],
  }));
  return { kind: "all", requirements: [...equalities, ...expressions] };
}

/**
 * The selector of a plain map of labels, as Services and node selectors have it; without one, or
 * with an empty one, nothing is selected.
 */
export function selectorOfLabels(labels: Readonly<Record<string, string>> | undefined): Selector {
  const requirements = requirementsOf(labels ?? {});
  return requirements.length === 0 ? nothing : { kind: "all", requirements };
}

/** The text of a selector, as `status.selector` of a Scale holds it. */
export function selectorText(selector: Selector): string {
  return selector.requirements.map(requirementText).join(",");
}

const operators = { In: "in", NotIn: "not-in", Exists: "exists", DoesNotExist: "absent" } as const;

const requirementPattern = new RegExp(
  [
    "^\\s*(?:",
    "!\\s*(?<absent>[^\\s,=!()<>]+)",
    "|(?<key>[^\\s,=!()<>]+)(?:",
    "\\s*(?<sign>==|=|!=|>|<)\\s*(?<value>[^\\s,=!()<>]*)",
    "|\\s+(?<set>in|notin)\\s*\\((?<values>[^()]*)\\)",
    ")?)\\s*(?:,(?!\\s*$)|$)",
  ].join(""),
  "u",
);

const signs: Readonly<Record<string, LabelRequirement["operator"]>> = {
  "=": "in",
  "==": "in",
  "!=": "not-in",
  ">": "above",
  "<": "below",
};

function requirementOf(match: RegExpExecArray): LabelRequirement | undefined {
  const { absent, key, sign, value = "", set, values = "" } = match.groups ?? {};
  if (absent !== undefined) return { key: absent, operator: "absent", values: [] };
  if (key === undefined) return undefined;
  if (sign !== undefined) return { key, operator: signs[sign] ?? "in", values: [value] };
  if (set === undefined) return { key, operator: "exists", values: [] };
  const operator = set === "in" ? "in" : "not-in";
  return { key, operator, values: values.split(",").map((each) => each.trim()) };
}

function requirementError({ key, operator, values }: LabelRequirement): string | undefined {
  const keyError = qualifiedNameError(key);
  if (keyError !== undefined) return `key: Invalid value: ${JSON.stringify(key)}: ${keyError}`;
  for (const value of values) {
    const isOrder = operator === "above" || operator === "below";
    const error =
      isOrder && !/^-?\d{1,15}$/u.test(value)
        ? "for 'Gt', 'Lt' operators, the value must be an integer"
        : labelValueError(value);
    if (error !== undefined) return `values: Invalid value: ${JSON.stringify(value)}: ${error}`;
  }
  return undefined;
}

function meets(
  { key, operator, values }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === "exists") return label !== undefined;
  if (operator === "absent") return label === undefined;
  if (operator === "not-in") return label === undefined || !values.includes(label);
  if (label === undefined) return false;
  if (operator === "in") return values.includes(label);
  if (!/^-?\d{1,15}$/u.test(label)) return false;
  const bound = Number(values[0]);
  return operator === "above" ? Number(label) > bound : Number(label) < bound;
}

function requirementsOf(labels: Readonly<Record<string, string>>): readonly LabelRequirement[] {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: "in", values: [value] }));
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  const [first = ""] = values;
  if (operator === "exists") return key;
  if (operator === "absent") return `!${key}`;
  if (operator === "above") return `${key}>${first}`;
  if (operator === "below") return `${key}<${first}`;
  if (operator === "in" && values.length === 1) return `${key}=${first}`;
  return `${key} ${operator === "in" ? "in" : "notin"} (${values.toSorted().join(",")})`;
}
