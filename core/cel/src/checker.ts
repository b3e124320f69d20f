/**
 * Finds before any evaluation what an expression gets wrong: names and fields that are not
 * there, functions that take other types.
 */

import type { BindNode, CallNode, IndexNode, LoopNode, Node, SelectNode } from "./node.ts";
import { namespaces, type Overload, overloadKey } from "./overload.ts";
import { SyntaxFault } from "./token.ts";
import {
  type Bindings,
  type CelType,
  dyn,
  isAssignable,
  joined,
  listOf,
  mapOf,
  optionalOf,
  simple,
  substituted,
  typeText,
} from "./type.ts";
import { typeNameOf } from "./value.ts";

/** What an expression may name. */
export interface Names {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly overloads: ReadonlyMap<string, readonly Overload[]>;
}

const bool = simple("bool");
const string = simple("string");

/** The type of an expression's value; throws a `SyntaxFault` that says what is wrong where. */
export function check(node: Node, names: Names): CelType {
  switch (node.kind) {
    case "literal":
      return simple(typeNameOf(node.value));
    case "name":
      return variableType(node.name, node.at, names);
    case "select":
      return selectType(node, names);
    case "index":
      return indexType(node, names);
    case "call":
      return callType(node, names);
    case "list":
      return listOf(common(node.items.map((item) => itemType(item, names))));
    case "map":
      return mapOf(
        common(node.entries.map(({ key }) => check(key, names))),
        common(node.entries.map((entry) => itemType(entry, names))),
      );
    case "loop":
      return loopType(node, names);
    case "bind":
      return bindType(node, names);
    default:
      return node satisfies never;
  }
}

function variableType(name: string, at: number, { variables }: Names): CelType {
  const type = variables.get(name) ?? typeNames.get(name);
  if (type !== undefined) return type;
  throw new SyntaxFault(at, `undeclared reference to '${name}' (in container '')`);
}

const typeNames: ReadonlyMap<string, CelType> = new Map(
  ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"].map(
    (name) => [name, simple("type")],
  ),
);

function itemType(
  { value, isOptional }: { readonly value: Node; readonly isOptional: boolean },
  names: Names,
): CelType {
  const type = check(value, names);
  return isOptional && type.kind === "optional" ? type.item : type;
}

function common(types: readonly CelType[]): CelType {
  const [first, ...rest] = types;
  return first === undefined ? dyn : rest.reduce(joined, first);
}

/** The name of a variable that has a point in it, such as `authorizer.requestResource`. */
export function wholeName({ operand, field, isOptional, isTest }: SelectNode): string | undefined {
  const isPlain = operand.kind === "name" && !isOptional && !isTest;
  return isPlain ? `${operand.name}.${field}` : undefined;
}

function selectType(node: SelectNode, names: Names): CelType {
  const whole = wholeName(node);
  const variable = whole === undefined ? undefined : names.variables.get(whole);
  if (variable !== undefined) return variable;
  const operand = check(node.operand, names);
  const inner = operand.kind === "optional" ? operand.item : operand;
  const field = fieldType(inner, node);
  if (node.isTest) return bool;
  const isWrapped = node.isOptional || operand.kind === "optional";
  return isWrapped && field.kind !== "optional" ? optionalOf(field) : field;
}

function fieldType(type: CelType, { field, at }: SelectNode): CelType {
  if (type.kind === "dyn") return dyn;
  if (type.kind === "map") return type.value;
  if (type.kind !== "object") {
    throw new SyntaxFault(at, `type '${typeText(type)}' does not support field selection`);
  }
  const found = type.fields.get(field);
  if (found === undefined) throw new SyntaxFault(at, `undefined field '${field}'`);
  return found.type;
}

function indexType(node: IndexNode, names: Names): CelType {
  const operand = check(node.operand, names);
  const index = check(node.index, names);
  const inner = operand.kind === "optional" ? operand.item : operand;
  const item = itemOf(inner, index);
  if (item === undefined) throw noOverload(node.at, "_[_]", [operand, index], false);
  const isWrapped = node.isOptional || operand.kind === "optional";
  return isWrapped && item.kind !== "optional" ? optionalOf(item) : item;
}

function itemOf(type: CelType, index: CelType): CelType | undefined {
  if (type.kind === "dyn") return dyn;
  if (type.kind === "list") return isAssignable(index, simple("int")) ? type.item : undefined;
  return type.kind === "map" && isAssignable(index, type.key) ? type.value : undefined;
}

/** The name of a function in a namespace that a method's target may be: `sets`. */
function namespaceOf(node: CallNode): string | undefined {
  return node.target?.kind === "name" && namespaces.has(node.target.name)
    ? node.target.name
    : undefined;
}

/** Where a call's overloads are found, and which nodes are its arguments. */
export function callOf(node: CallNode): {
  readonly key: string;
  readonly operands: readonly Node[];
} {
  const namespace = namespaceOf(node);
  const count = node.arguments.length;
  if (node.target === undefined || namespace !== undefined) {
    const name = namespace === undefined ? node.name : `${namespace}.${node.name}`;
    return { key: overloadKey(name, false, count), operands: node.arguments };
  }
  return {
    key: overloadKey(node.name, true, count + 1),
    operands: [node.target, ...node.arguments],
  };
}

function callType(node: CallNode, names: Names): CelType {
  const { key, operands } = callOf(node);
  const types = operands.map((operand) => check(operand, names));
  const special = specialType(node, types);
  if (special !== undefined) return special;
  const overloads = names.overloads.get(key);
  const isMethod = node.target !== undefined && namespaceOf(node) === undefined;
  if (overloads === undefined) throw undeclared(node, names, types);
  const results = overloads.flatMap((overload) => resultOf(overload, types));
  const [first, ...rest] = results;
  if (first === undefined) throw noOverload(node.at, node.name, types, isMethod);
  return rest.reduce(joined, first);
}

function resultOf({ parameters, result }: Overload, types: readonly CelType[]): CelType[] {
  const bindings: Bindings = new Map();
  const fits = parameters.every((wanted, index) =>
    isAssignable(types[index] ?? dyn, wanted, bindings),
  );
  return fits ? [substituted(result, bindings)] : [];
}

/** Operators that are no functions: they take any type, or do not look at each side. */
function specialType(node: CallNode, types: readonly CelType[]): CelType | undefined {
  const [first = dyn, second = dyn, third = dyn] = types;
  if (node.name === "_?_:_") {
    if (isAssignable(first, bool)) return joined(second, third);
    throw noOverload(node.at, node.name, types, false);
  }
  if (node.name === "_==_" || node.name === "_!=_") {
    const isNull = [first, second].some((type) => typeText(type) === "null_type");
    if (isNull || isAssignable(first, second) || isAssignable(second, first)) return bool;
    throw noOverload(node.at, node.name, types, false);
  }
  return undefined;
}

function undeclared(node: CallNode, { overloads }: Names, types: readonly CelType[]): SyntaxFault {
  const namespace = namespaceOf(node);
  const isMethod = node.target !== undefined && namespace === undefined;
  const stem = overloadKey(
    namespace === undefined ? node.name : `${namespace}.${node.name}`,
    isMethod,
    0,
  );
  const isKnown = overloads.keys().some((key) => key.startsWith(stem.slice(0, -1)));
  if (isKnown) return noOverload(node.at, node.name, types, isMethod);
  return new SyntaxFault(node.at, `undeclared reference to '${node.name}' (in container '')`);
}

function noOverload(
  at: number,
  name: string,
  types: readonly CelType[],
  isMethod: boolean,
): SyntaxFault {
  const texts = types.map(typeText);
  const shown = isMethod
    ? `${texts[0] ?? ""}.(${texts.slice(1).join(", ")})`
    : `(${texts.join(", ")})`;
  return new SyntaxFault(at, `found no matching overload for '${name}' applied to '${shown}'`);
}

/** The names of an expression inside another one that names something more. */
function withNames(names: Names, added: readonly (readonly [string, CelType])[]): Names {
  return { ...names, variables: new Map([...names.variables, ...added]) };
}

function loopType(node: LoopNode, names: Names): CelType {
  const range = check(node.range, names);
  const [first, second] = rangeTypes(range, node);
  const added: (readonly [string, CelType])[] =
    node.names.length === 1
      ? [[node.names[0], range.kind === "list" ? second : first]]
      : [
          [node.names[0], first],
          [node.names[1], second],
        ];
  const inside = withNames(names, added);
  const body = check(node.body, inside);
  const isPredicate = ["all", "exists", "existsOne", "filter"].includes(node.result);
  const predicates = [
    ...(isPredicate ? [body] : []),
    ...(node.filter === undefined ? [] : [check(node.filter, inside)]),
  ];
  if (!predicates.every((type) => isAssignable(type, bool))) {
    throw new SyntaxFault(node.body.at, `expected type 'bool' but found '${typeText(body)}'`);
  }
  return loopResult(node, body, added, first);
}

function loopResult(
  { result }: LoopNode,
  body: CelType,
  added: readonly (readonly [string, CelType])[],
  key: CelType,
): CelType {
  if (result === "filter") return listOf(added[0]?.[1] ?? dyn);
  if (result === "list") return listOf(body);
  if (result === "map") return mapOf(key, body);
  return result === "entries" ? (body.kind === "map" ? body : mapOf(dyn, dyn)) : bool;
}

/** What the two names of a loop stand for: index and item of a list, key and value of a map. */
function rangeTypes(range: CelType, { range: { at } }: LoopNode): readonly [CelType, CelType] {
  if (range.kind === "list") return [simple("int"), range.item];
  if (range.kind === "map") return [range.key, range.value];
  if (range.kind === "dyn") return [dyn, dyn];
  if (range.kind === "object") return [string, dyn];
  const shown = `expression of type '${typeText(range)}'`;
  const wanted = "(must be list, map, or dynamic)";
  throw new SyntaxFault(at, `${shown} cannot be range of a comprehension ${wanted}`);
}

function bindType(node: BindNode, names: Names): CelType {
  const value = check(node.value, names);
  const inner = node.form !== "plain" && value.kind === "optional" ? value.item : value;
  const body = check(node.body, withNames(names, [[node.name, inner]]));
  return node.form === "optMap" ? optionalOf(body) : body;
}
