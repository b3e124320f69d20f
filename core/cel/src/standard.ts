/**
 * The functions of the language itself.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions
 */
import { daysOf } from "@beemesh/model";
import { hexText, utf8Bytes, utf8Text } from "./bytes.ts";
import { Fault, type Meter } from "./fault.ts";
import type { Action, Library } from "./overload.ts";
import { matches } from "./pattern.ts";
import { momentOf, momentText, showing, spanOf, spanText } from "./time.ts";
import {
  areEqual,
  costOf,
  int,
  isList,
  isMap,
  keyOf,
  type MapValue,
  Moment,
  Span,
  TypeName,
  typeNameOf,
  Uint,
  type Value,
} from "./value.ts";

/** Longest text or list that an expression makes. */
const sizeMax = 1_000_000;

/** An action on arguments whose types its signature promises. */
// biome-ignore format: the signature is one thought
export function on<A extends Value, B extends Value = Value, C extends Value = Value, D extends Value = Value>(
  act: (a: A, b: B, c: C, d: D, meter: Meter) => Value,
): Action {
  return (values, meter) => {
    for (const value of values) meter.spend(costOf(value));
    const [a = null, b = null, c = null, d = null] = values;
    return act(a as A, b as B, c as C, d as D, meter);
  };
}

/** Text of a length that expressions may make. */
export function boundedText(text: string): string {
  if (text.length > sizeMax) throw new Fault("text is too long");
  return text;
}

/** A list of a length that expressions may make, paid for by its items. */
export function boundedList(list: readonly Value[], meter: Meter): readonly Value[] {
  meter.spend(list.length);
  if (list.length > sizeMax) throw new Fault("list is too long");
  return list;
}

function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Fault("division by zero");
  return a / b;
}

function modulo(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Fault("modulus by zero");
  return a % b;
}

function joinedBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length + b.length > sizeMax) throw new Fault("bytes are too long");
  return Uint8Array.from([...a, ...b]);
}

const arithmetic: Library = {
  "_+_(int, int): int": on((a: bigint, b: bigint) => int(a + b)),
  "_-_(int, int): int": on((a: bigint, b: bigint) => int(a - b)),
  "_*_(int, int): int": on((a: bigint, b: bigint) => int(a * b)),
  "_/_(int, int): int": on((a: bigint, b: bigint) => int(divide(a, b))),
  "_%_(int, int): int": on((a: bigint, b: bigint) => modulo(a, b)),
  "-_(int): int": on((a: bigint) => int(-a)),
  "_+_(uint, uint): uint": on((a: Uint, b: Uint) => new Uint(a.value + b.value)),
  "_-_(uint, uint): uint": on((a: Uint, b: Uint) => new Uint(a.value - b.value)),
  "_*_(uint, uint): uint": on((a: Uint, b: Uint) => new Uint(a.value * b.value)),
  "_/_(uint, uint): uint": on((a: Uint, b: Uint) => new Uint(divide(a.value, b.value))),
  "_%_(uint, uint): uint": on((a: Uint, b: Uint) => new Uint(modulo(a.value, b.value))),
  "_+_(double, double): double": on((a: number, b: number) => a + b),
  "_-_(double, double): double": on((a: number, b: number) => a - b),
  "_*_(double, double): double": on((a: number, b: number) => a * b),
  "_/_(double, double): double": on((a: number, b: number) => a / b),
  "-_(double): double": on((a: number) => -a),
  "!_(bool): bool": on((a: boolean) => !a),
  "_&&_(bool, bool): bool": on((a: boolean, b: boolean) => a && b),
  "_||_(bool, bool): bool": on((a: boolean, b: boolean) => a || b),
  "_+_(string, string): string": on((a: string, b: string) => boundedText(a + b)),
  "_+_(bytes, bytes): bytes": on(joinedBytes),
  "_+_(list<A>, list<A>): list<A>": on(
    (a: readonly Value[], b: readonly Value[], _c, _d, meter) => {
      meter.spend(a.length + b.length);
      return boundedList([...a, ...b], meter);
    },
  ),
  "_+_(Timestamp, Duration): Timestamp": on((a: Moment, b: Span) => new Moment(a.nanos + b.nanos)),
  "_+_(Duration, Timestamp): Timestamp": on((a: Span, b: Moment) => new Moment(a.nanos + b.nanos)),
  "_+_(Duration, Duration): Duration": on((a: Span, b: Span) => new Span(a.nanos + b.nanos)),
  "_-_(Timestamp, Timestamp): Duration": on((a: Moment, b: Moment) => new Span(a.nanos - b.nanos)),
  "_-_(Timestamp, Duration): Timestamp": on((a: Moment, b: Span) => new Moment(a.nanos - b.nanos)),
  "_-_(Duration, Duration): Duration": on((a: Span, b: Span) => new Span(a.nanos - b.nanos)),
};

/** Negative if `a` comes before `b`, 0 if neither does, else positive; NaN if nothing can be said. */
export function compared(a: Value, b: Value): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  return left < right ? -1 : left > right ? 1 : left == right ? 0 : Number.NaN;
}

function orderOf(value: Value): bigint | number | string {
  if (value instanceof Uint) return value.value;
  if (value instanceof Moment || value instanceof Span) return value.nanos;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Uint8Array) return hexText(value);
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "string") {
    return value;
  }
  throw new Fault("no such overload");
}

/** The order of code points, which is not that of code units. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return -1;
  return (left[at]?.codePointAt(0) ?? 0) < (right[at]?.codePointAt(0) ?? -1) ? -1 : 1;
}

const ordered = ["int", "uint", "double"];
const comparisons: Library = Object.fromEntries(
  [
    ...ordered.flatMap((a) => ordered.map((b) => [a, b] as const)),
    ...["string", "bool", "bytes", "Timestamp", "Duration"].map((type) => [type, type] as const),
  ].flatMap(([a, b]) => [
    [`_<_(${a}, ${b}): bool`, on((x, y) => compared(x, y) < 0)],
    [`_<=_(${a}, ${b}): bool`, on((x, y) => compared(x, y) <= 0)],
    [`_>_(${a}, ${b}): bool`, on((x, y) => compared(x, y) > 0)],
    [`_>=_(${a}, ${b}): bool`, on((x, y) => compared(x, y) >= 0)],
  ]),
);

/** Whether an item of a list equals the value. */
export function isIn(value: Value, list: readonly Value[], meter: Meter): boolean {
  return list.some((item) => areEqual(item, value, meter));
}

function sizeOf(value: Value): bigint {
  if (typeof value === "string") return BigInt([...value].length);
  if (isList(value) || value instanceof Uint8Array) return BigInt(value.length);
  return BigInt(isMap(value) ? value.size : 0);
}

const size = on(sizeOf);
const collections: Library = {
  "@in(A, list<A>): bool": on((value, list: readonly Value[], _c, _d, meter) =>
    isIn(value, list, meter),
  ),
  "@in(A, map<A, B>): bool": on((value, map: MapValue) => {
    const key = keyOf(value);
    return key !== undefined && map.get(key) !== undefined;
  }),
  ...Object.fromEntries(
    ["string", "bytes", "list<A>", "map<A, B>"].flatMap((type) => [
      [`size(${type}): int`, size],
      [`${type}.size(): int`, size],
    ]),
  ),
};

const texts: Library = {
  "string.contains(string): bool": on((a: string, b: string) => a.includes(b)),
  "string.startsWith(string): bool": on((a: string, b: string) => a.startsWith(b)),
  "string.endsWith(string): bool": on((a: string, b: string) => a.endsWith(b)),
  "string.matches(string): bool": on((a: string, b: string, _c, _d, meter) => matches(a, b, meter)),
  "matches(string, string): bool": on((a: string, b: string, _c, _d, meter) =>
    matches(a, b, meter),
  ),
};

function intOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return int(value.value);
  if (value instanceof Moment) return value.nanos / 1_000_000_000n;
  if (typeof value === "number" && Number.isFinite(value)) return int(BigInt(Math.trunc(value)));
  if (typeof value === "string" && /^[+-]?\d{1,19}$/u.test(value))
    return int(BigInt(value.replace("+", "")));
  throw new Fault("type conversion error to 'int'");
}

function uintOf(value: Value): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === "string" && /^\d{1,20}$/u.test(value)) return new Uint(BigInt(value));
  if (typeof value === "string") throw new Fault("type conversion error to 'uint'");
  return new Uint(intOf(value));
}

function doubleOf(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  if (Number.isNaN(number) && value !== "NaN") throw new Fault("type conversion error to 'double'");
  return number;
}

/** The text of a value that has one. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Moment) return momentText(value);
  if (value instanceof Span) return spanText(value);
  if (value instanceof Uint8Array) return decoded(value);
  if (["bigint", "number", "boolean"].includes(typeof value)) return String(value);
  throw new Fault("type conversion error to 'string'");
}

function decoded(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  if (text === undefined) throw new Fault("invalid UTF-8 in bytes, cannot convert to string");
  return text;
}

function boolOf(text: string): boolean {
  if (["1", "t", "true", "TRUE", "True", "T"].includes(text)) return true;
  if (["0", "f", "false", "FALSE", "False", "F"].includes(text)) return false;
  throw new Fault("type conversion error to 'bool'");
}

function read<T>(text: string, reader: (text: string) => T | undefined, type: string): T {
  const value = reader(text);
  if (value === undefined) throw new Fault(`type conversion error from 'string' to '${type}'`);
  return value;
}

const numeric = ["int", "uint", "double", "string"];
const conversions: Library = {
  ...Object.fromEntries(
    numeric.flatMap((type) => [
      [`int(${type}): int`, on(intOf)],
      [`uint(${type}): uint`, on(uintOf)],
      [`double(${type}): double`, on(doubleOf)],
      [`string(${type}): string`, on(textOf)],
    ]),
  ),
  "int(Timestamp): int": on(intOf),
  "string(bool): string": on(textOf),
  "string(bytes): string": on(textOf),
  "string(Timestamp): string": on(textOf),
  "string(Duration): string": on(textOf),
  "bool(bool): bool": on((a: boolean) => a),
  "bool(string): bool": on(boolOf),
  "bytes(bytes): bytes": on((a: Uint8Array) => a),
  "bytes(string): bytes": on(utf8Bytes),
  "timestamp(Timestamp): Timestamp": on((a: Moment) => a),
  "timestamp(string): Timestamp": on((text: string) => read(text, momentOf, "timestamp")),
  "timestamp(int): Timestamp": on((seconds: bigint) => new Moment(seconds * 1_000_000_000n)),
  "duration(Duration): Duration": on((a: Span) => a),
  "duration(string): Duration": on((text: string) => read(text, spanOf, "duration")),
  "dyn(A): dyn": on((a) => a),
  "type(A): type": on((a) => new TypeName(typeNameOf(a))),
};

type Getter = (moment: Moment, zone?: string) => number;
const getters: Readonly<Record<string, Getter>> = {
  getFullYear: (moment, zone) => showing(moment, zone).year,
  getMonth: (moment, zone) => showing(moment, zone).month - 1,
  getDate: (moment, zone) => showing(moment, zone).day,
  getDayOfMonth: (moment, zone) => showing(moment, zone).day - 1,
  getDayOfWeek: (moment, zone) => (((showing(moment, zone).days + 4) % 7) + 7) % 7,
  getDayOfYear: (moment, zone) => dayOfYear(moment, zone),
  getHours: (moment, zone) => Math.floor(showing(moment, zone).milliseconds / 3_600_000),
  getMinutes: (moment, zone) => Math.floor(showing(moment, zone).milliseconds / 60_000) % 60,
  getSeconds: (moment, zone) => Math.floor(showing(moment, zone).milliseconds / 1000) % 60,
  getMilliseconds: (moment, zone) => showing(moment, zone).milliseconds % 1000,
};

function dayOfYear(moment: Moment, zone?: string): number {
  const { year, days } = showing(moment, zone);
  return days - (daysOf({ year, month: 1, day: 1 }) ?? 0);
}

const calendar: Library = {
  ...Object.fromEntries(
    Object.entries(getters).flatMap(([name, getter]) => [
      [`Timestamp.${name}(): int`, on((moment: Moment) => BigInt(getter(moment)))],
      [
        `Timestamp.${name}(string): int`,
        on((moment: Moment, zone: string) => BigInt(getter(moment, zone))),
      ],
    ]),
  ),
  "Duration.getHours(): int": on((a: Span) => a.nanos / 3_600_000_000_000n),
  "Duration.getMinutes(): int": on((a: Span) => a.nanos / 60_000_000_000n),
  "Duration.getSeconds(): int": on((a: Span) => a.nanos / 1_000_000_000n),
  "Duration.getMilliseconds(): int": on((a: Span) => a.nanos / 1_000_000n),
};

/** The functions that every expression may call. */
export const standardLibrary: Library = {
  ...arithmetic,
  ...comparisons,
  ...collections,
  ...texts,
  ...conversions,
  ...calendar,
};
