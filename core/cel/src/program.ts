/** Compiles expressions and evaluates them, with an answer instead of an exception. */
import type { Json } from "@beemesh/wire";
import { authorizerLibrary } from "./authorizer.ts";
import { check } from "./checker.ts";
import { adopted, type Declaration, typeOfSchema } from "./declaration.ts";
import { evaluate } from "./evaluator.ts";
import { Fault, Meter } from "./fault.ts";
import { formatLibrary } from "./format-library.ts";
import { listLibrary } from "./list-library.ts";
import { networkLibrary } from "./network-library.ts";
import type { Node } from "./node.ts";
import { type Overload, overloadsOf, typeOf } from "./overload.ts";
import { parse, sourceLengthMax } from "./parser.ts";
import { quantityLibrary } from "./quantity-library.ts";
import { standardLibrary, textOf } from "./standard.ts";
import { textLibrary } from "./text-library.ts";
import { SyntaxFault } from "./token.ts";
import { type CelType, dyn, isAssignable, optionalOf, typeText } from "./type.ts";
import { isList, isMap, keyOf, OpaqueValue, OptionalValue, type Value } from "./value.ts";
import { versionLibrary } from "./version-library.ts";

/** What an expression may name, and what it has to give. */
export interface Environment {
  readonly variables: Readonly<Record<string, Declaration>>;
  /** The type of its value, such as `bool`; any without one. */
  readonly result?: string;
}

/** An expression that was compiled. */
export interface Program {
  /** The type of its value. */
  readonly type: string;
  /** Whether it names a variable. */
  names(variable: string): boolean;
  /**
   * Its value.
   *
   * @param values - The variables, as JSON or as values; those that are not given may not be used.
   * @param budget - What it may cost.
   */
  evaluate(values: Readonly<Record<string, Given>>, budget: Meter | number): Outcome;
}

/** What a variable stands for. */
export type Given = Json | OpaqueValue | Lazy;

/** A variable whose value is made when it is asked for. */
export class Lazy {
  readonly make: (meter: Meter) => Value;

  constructor(make: (meter: Meter) => Value) {
    this.make = make;
  }
}

/** A value, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string; readonly isOverBudget: boolean };

/** What compiling gives. */
export type Compilation =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly message: string };

/** What one evaluation may cost, as Kubernetes has it (PerCallLimit). */
export const callBudgetMax = 1_000_000;

let library: ReadonlyMap<string, readonly Overload[]> | undefined;

/** The functions are read from their signatures when the first expression is compiled. */
function overloads(): ReadonlyMap<string, readonly Overload[]> {
  library ??= overloadsOf([
    standardLibrary,
    textLibrary,
    listLibrary,
    quantityLibrary,
    networkLibrary,
    formatLibrary,
    versionLibrary,
    authorizerLibrary,
  ]);
  return library;
}

/**
 * Compiles an expression of an unknown author: its length, its nesting and what it may cost when
 * it is evaluated are bounded.
 */
export function compile(source: string, environment: Environment): Compilation {
  if (source.length > sourceLengthMax) {
    const sizes = `size: ${source.length}, limit ${sourceLengthMax}`;
    return { ok: false, message: `expression code point size exceeds limit: ${sizes}` };
  }
  try {
    const types = new Map(
      Object.entries(environment.variables).map(([name, each]) => [name, declaredType(each)]),
    );
    const node = parse(source);
    const type = check(node, { variables: types, overloads: overloads() });
    if (environment.result !== undefined && !isAssignable(type, typeOf(environment.result))) {
      return { ok: false, message: `must evaluate to ${environment.result}` };
    }
    return { ok: true, program: programOf(node, type, types) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, message: located(error, source) };
    throw error;
  }
}

function declaredType(declaration: Declaration): CelType {
  if (typeof declaration === "string") return typeOf(declaration);
  if ("kind" in declaration) return declaration;
  if ("optional" in declaration) return optionalOf(declaredType(declaration.optional));
  return typeOfSchema(declaration.schema, declaration.isResource === true) ?? dyn;
}

function located(fault: Fault, source: string): string {
  const at = fault instanceof SyntaxFault ? fault.at : 0;
  const before = source.slice(0, at).split("\n");
  const column = before.at(-1)?.length ?? 0;
  const line = source.split("\n")[before.length - 1] ?? "";
  const place = `<input>:${before.length}:${column + 1}`;
  const shown = [`ERROR: ${place}: ${fault.message}`, ` | ${line}`, ` | ${".".repeat(column)}^`];
  return `compilation failed: ${shown.join("\n")}`;
}

function programOf(node: Node, type: CelType, types: ReadonlyMap<string, CelType>): Program {
  const used = namesOf(node);
  return {
    type: typeText(type),
    names: (variable) => used.has(variable),
    evaluate: (values, budget) => {
      const meter = typeof budget === "number" ? new Meter(budget) : budget;
      const find = finderOf(values, types, meter);
      try {
        return { ok: true, value: evaluate(node, { find, overloads: overloads(), meter }) };
      } catch (error) {
        if (error instanceof Fault) {
          return { ok: false, message: error.message, isOverBudget: error.isFinal };
        }
        throw error;
      }
    },
  };
}

function finderOf(
  values: Readonly<Record<string, Given>>,
  types: ReadonlyMap<string, CelType>,
  meter: Meter,
): (name: string) => Value | undefined {
  const made = new Map<string, Value>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    if (given === undefined) return undefined;
    const value = valueOf(given, types.get(name) ?? dyn, meter);
    made.set(name, value);
    return value;
  };
}

function valueOf(given: Given, type: CelType, meter: Meter): Value {
  if (given instanceof Lazy) return given.make(meter);
  if (given instanceof OpaqueValue) return given;
  if (type.kind === "optional") {
    return new OptionalValue(given === null ? undefined : adopted(given, type.item));
  }
  return adopted(given, type);
}

function namesOf(node: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("kind" in value && value.kind === "name" && "name" in value) names.add(String(value.name));
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(node);
  return names;
}

/** A value as JSON; undefined for what JSON cannot say. */
export function jsonOf(value: Value): Json | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof OptionalValue) return jsonOf(value.value ?? null);
  if (isList(value)) return value.map((item) => jsonOf(item) ?? null);
  if (!isMap(value)) return value instanceof OpaqueValue ? value.text : textOrNone(value);
  return Object.fromEntries(
    value.keys().map((key) => [String(key), jsonOf(value.get(key) ?? null) ?? null]),
  );
}

function textOrNone(value: Value): string | undefined {
  return keyOf(value) === undefined && typeof value === "object" && "name" in (value ?? {})
    ? undefined
    : textOf(value);
}
