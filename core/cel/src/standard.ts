/**
 * The functions of the language itself.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions
 */
import { daysOf } from "@beemesh/model";
import type { Arguments } from "./arguments.ts";
import { hexText, utf8Bytes, utf8Text } from "./bytes.ts";
import { Fault, type Meter } from "./fault.ts";
import type { Library } from "./overload.ts";
import { matches } from "./pattern.ts";
import { momentOf, momentText, showing, spanOf, spanText } from "./time.ts";
import {
  areEqual,
  int,
  isList,
  isMap,
  keyOf,
  Moment,
  Span,
  TypeName,
  typeNameOf,
  Uint,
  type Value,
} from "./value.ts";

/** Longest text or list that an expression makes. */
const sizeMax = 1_000_000;

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

const integers: Library = {
  "_+_(int, int): int": (given) => int(given.int(0) + given.int(1)),
  "_-_(int, int): int": (given) => int(given.int(0) - given.int(1)),
  "_*_(int, int): int": (given) => int(given.int(0) * given.int(1)),
  "_/_(int, int): int": (given) => int(divide(given.int(0), given.int(1))),
  "_%_(int, int): int": (given) => modulo(given.int(0), given.int(1)),
  "-_(int): int": (given) => int(-given.int(0)),
  "_+_(uint, uint): uint": (given) => new Uint(given.uint(0) + given.uint(1)),
  "_-_(uint, uint): uint": (given) => new Uint(given.uint(0) - given.uint(1)),
  "_*_(uint, uint): uint": (given) => new Uint(given.uint(0) * given.uint(1)),
  "_/_(uint, uint): uint": (given) => new Uint(divide(given.uint(0), given.uint(1))),
  "_%_(uint, uint): uint": (given) => new Uint(modulo(given.uint(0), given.uint(1))),
};

const arithmetic: Library = {
  ...integers,
  "_+_(double, double): double": (given) => given.double(0) + given.double(1),
  "_-_(double, double): double": (given) => given.double(0) - given.double(1),
  "_*_(double, double): double": (given) => given.double(0) * given.double(1),
  "_/_(double, double): double": (given) => given.double(0) / given.double(1),
  "-_(double): double": (given) => -given.double(0),
  "!_(bool): bool": (given) => !given.bool(0),
  // Evaluated by their sides; here for their types.
  "_&&_(bool, bool): bool": (given) => given.bool(0) && given.bool(1),
  "_||_(bool, bool): bool": (given) => given.bool(0) || given.bool(1),
  "_+_(string, string): string": (given) => boundedText(given.text(0) + given.text(1)),
  "_+_(bytes, bytes): bytes": (given) => joinedBytes(given.bytes(0), given.bytes(1)),
  "_+_(list<A>, list<A>): list<A>": (given) =>
    boundedList([...given.list(0), ...given.list(1)], given.meter),
  "_+_(Timestamp, Duration): Timestamp": (given) =>
    new Moment(given.moment(0).nanos + given.span(1).nanos),
  "_+_(Duration, Timestamp): Timestamp": (given) =>
    new Moment(given.span(0).nanos + given.moment(1).nanos),
  "_+_(Duration, Duration): Duration": (given) =>
    new Span(given.span(0).nanos + given.span(1).nanos),
  "_-_(Timestamp, Timestamp): Duration": (given) =>
    new Span(given.moment(0).nanos - given.moment(1).nanos),
  "_-_(Timestamp, Duration): Timestamp": (given) =>
    new Moment(given.moment(0).nanos - given.span(1).nanos),
  "_-_(Duration, Duration): Duration": (given) =>
    new Span(given.span(0).nanos - given.span(1).nanos),
};

/** Negative if `a` comes before `b`, 0 if neither does, positive else; NaN if none can be said. */
export function compared(a: Value, b: Value): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  return left < right ? -1 : left > right ? 1 : left <= right ? 0 : Number.NaN;
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
  const [left, right] = [charactersOf(a), charactersOf(b)];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return -1;
  return (left[at]?.codePointAt(0) ?? 0) < (right[at]?.codePointAt(0) ?? -1) ? -1 : 1;
}

/** The characters of a text: code points, as Go's runes. */
export function charactersOf(text: string): readonly string[] {
  return Array.from(text);
}

const ordered = ["int", "uint", "double"];
const comparisons: Library = Object.fromEntries(
  [
    ...ordered.flatMap((a) => ordered.map((b) => [a, b] as const)),
    ...["string", "bool", "bytes", "Timestamp", "Duration"].map((type) => [type, type] as const),
  ].flatMap(([a, b]) => [
    [`_<_(${a}, ${b}): bool`, (given: Arguments) => compared(given.any(0), given.any(1)) < 0],
    [`_<=_(${a}, ${b}): bool`, (given: Arguments) => compared(given.any(0), given.any(1)) <= 0],
    [`_>_(${a}, ${b}): bool`, (given: Arguments) => compared(given.any(0), given.any(1)) > 0],
    [`_>=_(${a}, ${b}): bool`, (given: Arguments) => compared(given.any(0), given.any(1)) >= 0],
  ]),
);

/** Whether an item of a list equals the value. */
export function isIn(value: Value, list: readonly Value[], meter: Meter): boolean {
  return list.some((item) => areEqual(item, value, meter));
}

function sizeOf(value: Value): bigint {
  if (typeof value === "string") return BigInt(charactersOf(value).length);
  if (isList(value) || value instanceof Uint8Array) return BigInt(value.length);
  return BigInt(isMap(value) ? value.size : 0);
}

const collections: Library = {
  "@in(A, list<A>): bool": (given) => isIn(given.any(0), given.list(1), given.meter),
  "@in(A, map<A, B>): bool": (given) => {
    const key = keyOf(given.any(0));
    return key !== undefined && given.map(1).get(key) !== undefined;
  },
  ...Object.fromEntries(
    ["string", "bytes", "list<A>", "map<A, B>"].flatMap((type) => [
      [`size(${type}): int`, (given: Arguments) => sizeOf(given.any(0))],
      [`${type}.size(): int`, (given: Arguments) => sizeOf(given.any(0))],
    ]),
  ),
};

const texts: Library = {
  "string.contains(string): bool": (given) => given.text(0).includes(given.text(1)),
  "string.startsWith(string): bool": (given) => given.text(0).startsWith(given.text(1)),
  "string.endsWith(string): bool": (given) => given.text(0).endsWith(given.text(1)),
  "string.matches(string): bool": (given) => matches(given.text(0), given.text(1), given.meter),
  "matches(string, string): bool": (given) => matches(given.text(0), given.text(1), given.meter),
};

function intOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return int(value.value);
  if (value instanceof Moment) return value.nanos / 1_000_000_000n;
  if (typeof value === "number" && Number.isFinite(value)) return int(BigInt(Math.trunc(value)));
  if (typeof value === "string" && /^[+-]?\d{1,19}$/u.test(value)) {
    return int(BigInt(value.replace("+", "")));
  }
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
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
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
      [`int(${type}): int`, (given: Arguments) => intOf(given.any(0))],
      [`uint(${type}): uint`, (given: Arguments) => uintOf(given.any(0))],
      [`double(${type}): double`, (given: Arguments) => doubleOf(given.any(0))],
      [`string(${type}): string`, (given: Arguments) => textOf(given.any(0))],
    ]),
  ),
  "int(Timestamp): int": (given: Arguments) => intOf(given.any(0)),
  "string(bool): string": (given: Arguments) => textOf(given.any(0)),
  "string(bytes): string": (given: Arguments) => textOf(given.any(0)),
  "string(Timestamp): string": (given: Arguments) => textOf(given.any(0)),
  "string(Duration): string": (given: Arguments) => textOf(given.any(0)),
  "bool(bool): bool": (given) => given.bool(0),
  "bool(string): bool": (given) => boolOf(given.text(0)),
  "bytes(bytes): bytes": (given) => given.bytes(0),
  "bytes(string): bytes": (given) => utf8Bytes(given.text(0)),
  "timestamp(Timestamp): Timestamp": (given) => given.moment(0),
  "timestamp(string): Timestamp": (given) => read(given.text(0), momentOf, "timestamp"),
  "timestamp(int): Timestamp": (given) => new Moment(given.int(0) * 1_000_000_000n),
  "duration(Duration): Duration": (given) => given.span(0),
  "duration(string): Duration": (given) => read(given.text(0), spanOf, "duration"),
  "dyn(A): dyn": (given) => given.any(0),
  "type(A): type": (given) => new TypeName(typeNameOf(given.any(0))),
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
      [`Timestamp.${name}(): int`, (given: Arguments) => BigInt(getter(given.moment(0)))],
      [
        `Timestamp.${name}(string): int`,
        (given: Arguments) => BigInt(getter(given.moment(0), given.text(1))),
      ],
    ]),
  ),
  "Duration.getHours(): int": (given) => given.span(0).nanos / 3_600_000_000_000n,
  "Duration.getMinutes(): int": (given) => given.span(0).nanos / 60_000_000_000n,
  "Duration.getSeconds(): int": (given) => given.span(0).nanos / 1_000_000_000n,
  "Duration.getMilliseconds(): int": (given) => given.span(0).nanos / 1_000_000n,
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
