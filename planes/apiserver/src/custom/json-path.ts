/**
 * JSONPath as columns of tables use it: members, indices, slices and filters.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
import { canonicalJson, isJsonObject, type Json } from "@beemesh/wire";

/** One step of a path. */
type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "index"; readonly at: number }
  | { readonly kind: "all" }
  | { readonly kind: "deep"; readonly name: string }
  | {
      readonly kind: "filter";
      readonly path: readonly Step[];
      readonly sign: string;
      readonly wanted: Json | undefined;
    };

/** Longest path, in UTF-16 code units; the longest known is below 300. */
const pathLengthMax = 2000;
/** Values that are looked at for one path. */
const visitsMax = 10_000;

const stepPattern = new RegExp(
  [
    String.raw`\.\.([\w-]+)`,
    String.raw`\.((?:\\.|[^.[\]\\\s])+)`,
    String.raw`\[\s*(-?\d{1,6})\s*\]`,
    String.raw`\[\s*\*\s*\]`,
    String.raw`\['((?:[^'\\]|\\.)*)'\]`,
    String.raw`\["((?:[^"\\]|\\.)*)"\]`,
    String.raw`\[\?\(\s*@([^=!<>\s)]*)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[^)\s]+)\s*)?\)\]`,
  ].join("|"),
  "uy",
);

/** Reads a path; undefined if it is none. */
export function parseJsonPath(path: string): readonly Step[] | undefined {
  if (path.length > pathLengthMax) return undefined;
  const text = path.startsWith(".") || path.startsWith("[") ? path : `.${path}`;
  if (text === ".") return [];
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    stepPattern.lastIndex = at;
    const match = stepPattern.exec(text);
    const step = match === null ? undefined : stepOf(match);
    if (match === null || step === undefined) return undefined;
    steps.push(step);
    at += match[0].length;
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step | undefined {
  const [, deep, plain, index, single, double, filter] = match;
  if (deep !== undefined) return { kind: "deep", name: deep };
  if (plain === "*" || match[0].startsWith("[*") || /^\[\s*\*/u.test(match[0])) {
    return { kind: "all" };
  }
  const name = plain ?? single ?? double;
  if (name !== undefined) return { kind: "member", name: name.replaceAll(/\\(.)/gsu, "$1") };
  if (index !== undefined) return { kind: "index", at: Number(index) };
  return filter === undefined ? undefined : filterStep(filter, match[7], match[8]);
}

function filterStep(
  path: string,
  sign: string | undefined,
  value: string | undefined,
): Step | undefined {
  const inner = path === "" ? [] : parseJsonPath(path);
  if (inner === undefined) return undefined;
  return { kind: "filter", path: inner, sign: sign ?? "", wanted: literalOf(value) };
}

function literalOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  if (/^["']/u.test(text)) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** What a path finds in a value. */
export function find(steps: readonly Step[], value: Json): readonly Json[] {
  const visits = { left: visitsMax };
  return steps.reduce<readonly Json[]>(
    (found, step) => found.flatMap((each) => next(step, each, visits)),
    [value],
  );
}

function next(step: Step, value: Json, visits: { left: number }): readonly Json[] {
  visits.left -= 1;
  if (visits.left < 0) return [];
  const items = isJsonObject(value) ? Object.values(value) : Array.isArray(value) ? value : [];
  switch (step.kind) {
    case "member":
      return memberOf(value, step.name);
    case "index":
      return Array.isArray(value) ? itemOf(value, step.at) : [];
    case "all":
      return items;
    case "deep":
      return [
        ...memberOf(value, step.name),
        ...items.flatMap((item: Json) => next(step, item, visits)),
      ];
    case "filter":
      return items.filter((item: Json) => isWanted(step, item));
    default:
      return step satisfies never;
  }
}

function memberOf(value: Json, name: string): readonly Json[] {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return [];
  const found = value[name];
  return found === undefined ? [] : [found];
}

function itemOf(list: readonly Json[], at: number): readonly Json[] {
  const found = list.at(at);
  return found === undefined ? [] : [found];
}

function isWanted({ path, sign, wanted }: Extract<Step, { kind: "filter" }>, item: Json): boolean {
  const [found] = find(path, item);
  if (found === undefined) return false;
  if (sign === "" || wanted === undefined) return true;
  if (sign === "==") return canonicalJson(found) === canonicalJson(wanted);
  if (sign === "!=") return canonicalJson(found) !== canonicalJson(wanted);
  const order = compare(found, wanted);
  if (order === undefined) return false;
  return sign.startsWith("<")
    ? order < 0 || (sign === "<=" && order === 0)
    : order > 0 || (sign === ">=" && order === 0);
}

function compare(a: Json, b: Json): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== "string" || typeof b !== "string") return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A value as a column of text shows it: as kubectl prints it. */
export function valueText(value: Json): string {
  return typeof value === "string" ? value : canonicalJson(value);
}
