/**
 * Functions on lists, sets and optional values.
 *
 * Sources: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library,
 * https://pkg.go.dev/github.com/google/cel-go/ext#Sets,
 * https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes
 */
import type { Arguments } from "./arguments.ts";
import { Fault, type Meter } from "./fault.ts";
import type { Library } from "./overload.ts";
import { boundedList, compared, isIn } from "./standard.ts";
import { areEqual, int, isList, isMap, OptionalValue, Span, Uint, type Value } from "./value.ts";

type List = readonly Value[];

function isSorted(list: List, meter: Meter): boolean {
  meter.spend(list.length);
  return list.every((item, index) => index === 0 || compared(list[index - 1] ?? null, item) <= 0);
}

function least(list: List, sign: 1 | -1, meter: Meter): Value {
  meter.spend(list.length);
  const [first, ...rest] = list;
  if (first === undefined) throw new Fault(`${sign === 1 ? "min" : "max"} called on empty list`);
  return rest.reduce((best, item) => (compared(item, best) * sign < 0 ? item : best), first);
}

function sum(list: List, meter: Meter): Value {
  meter.spend(list.length);
  const [first, ...rest] = list;
  return first === undefined ? 0n : rest.reduce(added, first);
}

function added(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return int(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value + b.value);
  if (a instanceof Span && b instanceof Span) return new Span(a.nanos + b.nanos);
  throw new Fault("no such overload");
}

function indexIn(given: Arguments, isLast: boolean): bigint {
  const [list, value] = [given.list(0), given.any(1)];
  const isSame = (item: Value): boolean => areEqual(item, value, given.meter);
  return BigInt(isLast ? list.findLastIndex(isSame) : list.findIndex(isSame));
}

function distinct(list: List, meter: Meter): List {
  const kept: Value[] = [];
  for (const item of list) if (!isIn(item, kept, meter)) kept.push(item);
  return kept;
}

function flattened(list: List, depth: number, meter: Meter): List {
  if (depth < 0) throw new Fault("level must be non-negative");
  const flat = list.flatMap((item) =>
    isList(item) && depth > 0 ? flattened(item, depth - 1, meter) : [item],
  );
  return boundedList(flat, meter);
}

function part(given: Arguments): List {
  const [list, from, end] = [given.list(0), given.int(1), given.int(2)];
  if (from < 0n || end > BigInt(list.length) || from > end) {
    throw new Fault(`cannot slice(${from}, ${end}), list is length ${list.length}`);
  }
  return boundedList(list.slice(Number(from), Number(end)), given.meter);
}

function sorted(list: List, meter: Meter): List {
  meter.spend(list.length * (1 + Math.log2(1 + list.length)));
  return list.toSorted(compared);
}

function counted(count: bigint, meter: Meter): List {
  meter.spend(Number(count));
  return boundedList(
    Array.from({ length: Number(count) }, (_, index) => BigInt(index)),
    meter,
  );
}

const lists: Library = {
  "list<A>.isSorted(): bool": (given) => isSorted(given.list(0), given.meter),
  "list<A>.sum(): A": (given) => sum(given.list(0), given.meter),
  "list<A>.min(): A": (given) => least(given.list(0), 1, given.meter),
  "list<A>.max(): A": (given) => least(given.list(0), -1, given.meter),
  "list<A>.indexOf(A): int": (given) => indexIn(given, false),
  "list<A>.lastIndexOf(A): int": (given) => indexIn(given, true),
  "list<A>.distinct(): list<A>": (given) => distinct(given.list(0), given.meter),
  "list<A>.flatten(): list<dyn>": (given) => flattened(given.list(0), 1, given.meter),
  "list<A>.flatten(int): list<dyn>": (given) =>
    flattened(given.list(0), Number(given.int(1)), given.meter),
  "list<A>.slice(int, int): list<A>": (given) => part(given),
  "list<A>.sort(): list<A>": (given) => sorted(given.list(0), given.meter),
  "list<A>.reverse(): list<A>": (given) => boundedList(given.list(0).toReversed(), given.meter),
  "lists.range(int): list<int>": (given) => counted(given.int(0), given.meter),
};

function containsAll(a: List, b: List, meter: Meter): boolean {
  return b.every((item) => isIn(item, a, meter));
}

const sets: Library = {
  "sets.contains(list<A>, list<A>): bool": (given) =>
    containsAll(given.list(0), given.list(1), given.meter),
  "sets.equivalent(list<A>, list<A>): bool": (given) =>
    containsAll(given.list(0), given.list(1), given.meter) &&
    containsAll(given.list(1), given.list(0), given.meter),
  "sets.intersects(list<A>, list<A>): bool": (given) =>
    given.list(1).some((item) => isIn(item, given.list(0), given.meter)),
};

function isZero(value: Value): boolean {
  if (isList(value)) return value.length === 0;
  if (isMap(value)) return value.size === 0;
  if (value instanceof Uint) return value.value === 0n;
  return [null, false, 0n, 0, ""].some((zero) => zero === value);
}

function contained({ value }: OptionalValue): Value {
  if (value === undefined) throw new Fault("optional.none() dereference");
  return value;
}

const optionals: Library = {
  "optional.none(): optional<dyn>": () => new OptionalValue(undefined),
  "optional.of(A): optional<A>": (given) => new OptionalValue(given.any(0)),
  "optional.ofNonZeroValue(A): optional<A>": (given) =>
    new OptionalValue(isZero(given.any(0)) ? undefined : given.any(0)),
  "optional<A>.hasValue(): bool": (given) => given.optional(0).value !== undefined,
  "optional<A>.value(): A": (given) => contained(given.optional(0)),
  "optional<A>.or(optional<A>): optional<A>": (given) =>
    given.optional(given.optional(0).value === undefined ? 1 : 0),
  "optional<A>.orValue(A): A": (given) => given.optional(0).value ?? given.any(1),
};

/** Functions on lists, sets and optional values. */
export const listLibrary: Library = { ...lists, ...sets, ...optionals };
