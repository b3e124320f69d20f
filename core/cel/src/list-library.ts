/**
 * Functions on lists, sets and optional values.
 *
 * Sources: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library,
 * https://pkg.go.dev/github.com/google/cel-go/ext#Sets,
 * https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes
 */
import { Fault, type Meter } from "./fault.ts";
import type { Library } from "./overload.ts";
import { boundedList, compared, isIn, on } from "./standard.ts";
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

function indexIn(list: List, value: Value, isLast: boolean, meter: Meter): bigint {
  const isSame = (item: Value): boolean => areEqual(item, value, meter);
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

function part(list: List, from: bigint, end: bigint, meter: Meter): List {
  if (from < 0n || end > BigInt(list.length) || from > end) {
    throw new Fault(`cannot slice(${from}, ${end}), list is length ${list.length}`);
  }
  return boundedList(list.slice(Number(from), Number(end)), meter);
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
  "list<A>.isSorted(): bool": on((a: List, _b, _c, _d, meter) => isSorted(a, meter)),
  "list<A>.sum(): A": on((a: List, _b, _c, _d, meter) => sum(a, meter)),
  "list<A>.min(): A": on((a: List, _b, _c, _d, meter) => least(a, 1, meter)),
  "list<A>.max(): A": on((a: List, _b, _c, _d, meter) => least(a, -1, meter)),
  "list<A>.indexOf(A): int": on((a: List, b, _c, _d, meter) => indexIn(a, b, false, meter)),
  "list<A>.lastIndexOf(A): int": on((a: List, b, _c, _d, meter) => indexIn(a, b, true, meter)),
  "list<A>.distinct(): list<A>": on((a: List, _b, _c, _d, meter) => distinct(a, meter)),
  "list<A>.flatten(): list<dyn>": on((a: List, _b, _c, _d, meter) => flattened(a, 1, meter)),
  "list<A>.flatten(int): list<dyn>": on((a: List, depth: bigint, _c, _d, meter) =>
    flattened(a, Number(depth), meter),
  ),
  "list<A>.slice(int, int): list<A>": on((a: List, from: bigint, end: bigint, _d, meter) =>
    part(a, from, end, meter),
  ),
  "list<A>.sort(): list<A>": on((a: List, _b, _c, _d, meter) => sorted(a, meter)),
  "list<A>.reverse(): list<A>": on((a: List, _b, _c, _d, meter) =>
    boundedList(a.toReversed(), meter),
  ),
  "lists.range(int): list<int>": on((count: bigint, _b, _c, _d, meter) => counted(count, meter)),
};

function containsAll(a: List, b: List, meter: Meter): boolean {
  return b.every((item) => isIn(item, a, meter));
}

const sets: Library = {
  "sets.contains(list<A>, list<A>): bool": on((a: List, b: List, _c, _d, meter) =>
    containsAll(a, b, meter),
  ),
  "sets.equivalent(list<A>, list<A>): bool": on(
    (a: List, b: List, _c, _d, meter) => containsAll(a, b, meter) && containsAll(b, a, meter),
  ),
  "sets.intersects(list<A>, list<A>): bool": on((a: List, b: List, _c, _d, meter) =>
    b.some((item) => isIn(item, a, meter)),
  ),
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
  "optional.none(): optional<dyn>": on(() => new OptionalValue(undefined)),
  "optional.of(A): optional<A>": on((a) => new OptionalValue(a)),
  "optional.ofNonZeroValue(A): optional<A>": on(
    (a) => new OptionalValue(isZero(a) ? undefined : a),
  ),
  "optional<A>.hasValue(): bool": on((a: OptionalValue) => a.value !== undefined),
  "optional<A>.value(): A": on(contained),
  "optional<A>.or(optional<A>): optional<A>": on((a: OptionalValue, b: OptionalValue) =>
    a.value === undefined ? b : a,
  ),
  "optional<A>.orValue(A): A": on((a: OptionalValue, b) => a.value ?? b),
};

/** Functions on lists, sets and optional values. */
export const listLibrary: Library = { ...lists, ...sets, ...optionals };
