/** What an expression gives for values. Each step is paid for, so that every evaluation ends. */
import { Arguments } from "./arguments.ts";
import { callOf, wholeName } from "./checker.ts";
import { Fault, type Meter } from "./fault.ts";
import type { BindNode, CallNode, IndexNode, LoopNode, MapNode, Node, SelectNode } from "./node.ts";
import { isOfType, type Overload } from "./overload.ts";
import {
  areEqual,
  isList,
  isMap,
  type Key,
  keyOf,
  type MapValue,
  mapValue,
  OptionalValue,
  TypeName,
  typeNameOf,
  type Value,
} from "./value.ts";

/** What an evaluation knows: what names stand for, and what it may still cost. */
export interface Scope {
  readonly find: (name: string) => Value | undefined;
  readonly overloads: ReadonlyMap<string, readonly Overload[]>;
  readonly meter: Meter;
}

/** The value of an expression; throws a `Fault` if it has none. */
export function evaluate(node: Node, scope: Scope): Value {
  scope.meter.spend(1);
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name":
      return named(node.name, scope);
    case "select":
      return selected(node, scope);
    case "index":
      return indexed(node, scope);
    case "call":
      return called(node, scope);
    case "list":
      return node.items.flatMap(({ value, isOptional }) =>
        present(evaluate(value, scope), isOptional),
      );
    case "map":
      return mapped(node, scope);
    case "loop":
      return looped(node, scope);
    case "bind":
      return bound(node, scope);
    default:
      return node satisfies never;
  }
}

function named(name: string, scope: Scope): Value {
  const value = scope.find(name);
  if (value !== undefined) return value;
  if (typeNames.has(name)) return new TypeName(name);
  throw new Fault(`no such attribute(s): ${name}`);
}

const typeNames = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
]);

function present(value: Value, isOptional: boolean): Value[] {
  if (!isOptional) return [value];
  if (!(value instanceof OptionalValue)) throw new Fault("cannot initialize optional element");
  return value.value === undefined ? [] : [value.value];
}

function selected(node: SelectNode, scope: Scope): Value {
  const whole = wholeName(node);
  const variable = whole === undefined ? undefined : scope.find(whole);
  if (variable !== undefined) return variable;
  const operand = evaluate(node.operand, scope);
  const isOptional = operand instanceof OptionalValue;
  const inner = isOptional ? operand.value : operand;
  const found = inner === undefined ? undefined : fieldOf(inner, node);
  if (node.isTest) return found !== undefined;
  if (node.isOptional || isOptional) return new OptionalValue(unwrapped(found));
  if (found === undefined) throw new Fault(`no such key: ${node.field}`);
  return found;
}

function unwrapped(value: Value | undefined): Value | undefined {
  return value instanceof OptionalValue ? value.value : value;
}

function fieldOf(operand: Value, { field }: SelectNode): Value | undefined {
  if (isMap(operand)) return operand.get(field);
  throw new Fault(`no such overload: ${typeNameOf(operand)}.${field}`);
}

function indexed(node: IndexNode, scope: Scope): Value {
  const operand = evaluate(node.operand, scope);
  const index = evaluate(node.index, scope);
  const isOptional = operand instanceof OptionalValue;
  const inner = isOptional ? operand.value : operand;
  const found = inner === undefined ? undefined : itemAt(inner, index);
  if (node.isOptional || isOptional) return new OptionalValue(unwrapped(found));
  if (found !== undefined) return found;
  throw new Fault(
    isMap(operand) ? `no such key: ${shown(index)}` : `index out of bounds: ${shown(index)}`,
  );
}

function itemAt(operand: Value, index: Value): Value | undefined {
  const key = keyOf(index);
  if (key !== undefined && isMap(operand)) return operand.get(key);
  if (typeof key === "bigint" && isList(operand)) return operand[Number(key)];
  throw new Fault("no such overload");
}

function shown(value: Value): string {
  const key = keyOf(value);
  return key === undefined ? typeNameOf(value) : String(key);
}

function called(node: CallNode, scope: Scope): Value {
  const logic = logicOf(node, scope);
  if (logic !== undefined) return logic;
  const { key, operands } = callOf(node);
  const values = operands.map((operand) => evaluate(operand, scope));
  const equality = equalityOf(node, values, scope);
  if (equality !== undefined) return equality;
  const overload = scope.overloads
    .get(key)
    ?.find(({ parameters }) =>
      parameters.every((type, index) => isOfType(values[index] ?? null, type)),
    );
  if (overload === undefined) throw new Fault("no such overload");
  return overload.act(new Arguments(values, scope.meter));
}

function equalityOf(node: CallNode, values: readonly Value[], scope: Scope): boolean | undefined {
  if (node.name !== "_==_" && node.name !== "_!=_") return undefined;
  const isEqual = areEqual(values[0] ?? null, values[1] ?? null, scope.meter);
  return isEqual === (node.name === "_==_");
}

/** `&&`, `||` and `?:` look at one side alone if that decides. */
function logicOf(node: CallNode, scope: Scope): Value | undefined {
  if (node.target !== undefined) return undefined;
  const [first, second, third] = node.arguments;
  if (first === undefined || second === undefined) return undefined;
  if (node.name === "_&&_") return either(first, second, false, scope);
  if (node.name === "_||_") return either(first, second, true, scope);
  if (node.name !== "_?_:_" || third === undefined) return undefined;
  const condition = truth(evaluate(first, scope));
  return evaluate(condition ? second : third, scope);
}

/** Either side decides if it is `decisive`; else an error of one is that of both. */
function either(left: Node, right: Node, decisive: boolean, scope: Scope): boolean {
  const first = attempt(left, scope);
  if (first === decisive) return decisive;
  const second = attempt(right, scope);
  if (second === decisive) return decisive;
  if (first instanceof Fault) throw first;
  if (second instanceof Fault) throw second;
  return !decisive;
}

function attempt(node: Node, scope: Scope): boolean | Fault {
  try {
    return truth(evaluate(node, scope));
  } catch (error) {
    if (error instanceof Fault && !error.isFinal) return error;
    throw error;
  }
}

function truth(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new Fault("no such overload");
}

function mapped(node: MapNode, scope: Scope): Value {
  const members = new Map<Key, Value>();
  for (const { key, value, isOptional } of node.entries) {
    const name = keyOf(evaluate(key, scope));
    if (name === undefined) throw new Fault("unsupported key type");
    if (members.has(name)) throw new Fault(`duplicate key in map: ${name}`);
    for (const each of present(evaluate(value, scope), isOptional)) members.set(name, each);
  }
  return mapValue(members);
}

/** A scope in which more names stand for something. */
function within(scope: Scope, names: readonly string[], values: readonly Value[]): Scope {
  return {
    ...scope,
    find: (name) => {
      const index = names.indexOf(name);
      return index < 0 ? scope.find(name) : values[index];
    },
  };
}

/** One turn of a loop: the key and the value, and the scope in which they are named. */
interface Turn {
  readonly key: Key;
  readonly item: Value;
  readonly scope: Scope;
}

function* turns(node: LoopNode, scope: Scope): Generator<Turn> {
  const range = evaluate(node.range, scope);
  if (!isList(range) && !isMap(range)) throw new Fault("no such overload");
  const keys = isList(range) ? range.keys().map(BigInt) : range.keys();
  for (const key of keys) {
    scope.meter.spend(1);
    const value = (isList(range) ? range[Number(key)] : range.get(key)) ?? null;
    const item = isList(range) ? value : key;
    const values = node.names.length === 1 ? [item] : [key, value];
    yield { key, item, scope: within(scope, node.names, values) };
  }
}

function looped(node: LoopNode, scope: Scope): Value {
  if (node.result === "all") return quantified(node, scope, false);
  if (node.result === "exists") return quantified(node, scope, true);
  if (node.result === "map" || node.result === "entries") return gathered(node, scope);
  const kept = [...chosen(node, scope)].flatMap((turn) => {
    const value = evaluate(node.body, turn.scope);
    if (node.result === "list") return [value];
    return truth(value) ? [turn.item] : [];
  });
  return node.result === "existsOne" ? kept.length === 1 : kept;
}

// The turns for whose item the filter holds.
function* chosen(node: LoopNode, scope: Scope): Generator<Turn> {
  for (const turn of turns(node, scope)) {
    if (node.filter === undefined || truth(evaluate(node.filter, turn.scope))) yield turn;
  }
}

function gathered(node: LoopNode, scope: Scope): MapValue {
  const members = new Map<Key, Value>();
  for (const turn of chosen(node, scope)) {
    const value = evaluate(node.body, turn.scope);
    if (node.result === "map") members.set(turn.key, value);
    else putEntries(value, members);
  }
  return mapValue(members);
}

function putEntries(value: Value, members: Map<Key, Value>): void {
  if (!isMap(value)) throw new Fault("no such overload");
  for (const key of value.keys()) {
    if (members.has(key)) throw new Fault(`insert failed: key ${key} already exists`);
    members.set(key, value.get(key) ?? null);
  }
}

/** One item decides if its predicate is `decisive`; an error counts only if none decides. */
function quantified(node: LoopNode, scope: Scope, decisive: boolean): boolean {
  let fault: Fault | undefined;
  for (const turn of turns(node, scope)) {
    const outcome = attempt(node.body, turn.scope);
    if (outcome === decisive) return decisive;
    if (outcome instanceof Fault) fault ??= outcome;
  }
  if (fault !== undefined) throw fault;
  return !decisive;
}

function bound(node: BindNode, scope: Scope): Value {
  const value = evaluate(node.value, scope);
  if (node.form === "plain") return evaluate(node.body, within(scope, [node.name], [value]));
  if (!(value instanceof OptionalValue)) throw new Fault("no such overload");
  if (value.value === undefined) return value;
  const body = evaluate(node.body, within(scope, [node.name], [value.value]));
  return node.form === "optMap" ? new OptionalValue(body) : body;
}
