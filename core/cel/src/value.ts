/** The values of expressions. */
import { Fault, type Meter } from "./fault.ts";

/** A value: integers are `bigint`, doubles are `number`. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Moment
  | Span
  | TypeName
  | OptionalValue
  | OpaqueValue
  | MapValue
  | readonly Value[];

/** A key of a map; unsigned integers are kept as integers, for both are the same key. */
export type Key = boolean | bigint | string;

/** A whole number without a sign, of 64 bits. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    if (value < 0n || value > uintMax) throw new Fault("unsigned integer overflow");
    this.value = value;
  }
}

/** A time, in nanoseconds since 1970. */
export class Moment {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < momentMin || nanos > momentMax) throw new Fault("timestamp overflow");
    this.nanos = nanos;
  }
}

/** A duration, in nanoseconds. */
export class Span {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < intMin || nanos > intMax) throw new Fault("duration overflow");
    this.nanos = nanos;
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A value that may not be there. */
export class OptionalValue {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a library, such as a quantity or a URL: a class for each type. */
export abstract class OpaqueValue {
  /** The name of its type. */
  abstract readonly type: string;
  /** Equal values have equal texts. */
  abstract readonly text: string;
}

/** A map, or an object: its members are made when they are asked for. */
export interface MapValue {
  readonly isMap: true;
  /** How many members there are. */
  readonly size: number;
  keys(): readonly Key[];
  get(key: Key): Value | undefined;
}

/** A map that an expression made. */
export function mapValue(members: ReadonlyMap<Key, Value>): MapValue {
  return {
    isMap: true,
    size: members.size,
    keys: () => [...members.keys()],
    get: (key) => members.get(key),
  };
}

const uintMax = 2n ** 64n - 1n;
const intMax = 2n ** 63n - 1n;
const intMin = -(2n ** 63n);
/** The first and last moments of the years 1 and 9999, which RFC 3339 can write. */
const momentMin = -62_135_596_800_000_000_000n;
const momentMax = 253_402_300_799_999_999_999n;

/** An integer that 64 bits hold. */
export function int(value: bigint): bigint {
  if (value < intMin || value > intMax) throw new Fault("integer overflow");
  return value;
}

/** Whether the value is a map or an object. */
export function isMap(value: Value): value is MapValue {
  return typeof value === "object" && value !== null && "isMap" in value;
}

/** Whether the value is a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The key of a map that a value is; undefined if it can be none. */
export function keyOf(value: Value): Key | undefined {
  if (value instanceof Uint) return value.value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  return typeof value === "string" ? value : undefined;
}

/** The name of a value's type, as `type(x)` and messages say it. */
export function typeNameOf(value: Value): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (isList(value)) return "list";
  if (isMap(value)) return "map";
  return classNameOf(value);
}

function classNameOf(value: ObjectValue): string {
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Uint) return "uint";
  if (value instanceof Moment) return "google.protobuf.Timestamp";
  if (value instanceof Span) return "google.protobuf.Duration";
  if (value instanceof TypeName) return "type";
  return value instanceof OpaqueValue ? value.type : "optional_type";
}

/** Whether two values are the same; numbers are, whatever their type, if they count the same. */
export function areEqual(a: Value, b: Value, meter: Meter): boolean {
  meter.spend(costOf(a));
  const [left, right] = [plainOf(a), plainOf(b)];
  if (left === right) return true;
  if (typeof left === "bigint" && typeof right === "number") return Number(left) === right;
  if (typeof left === "number" && typeof right === "bigint") return left === Number(right);
  if (left === null || right === null) return false;
  if (typeof left !== "object" || typeof right !== "object") return false;
  return areEqualObjects(left, right, meter);
}

type ObjectValue = Extract<Value, object>;

function areEqualObjects(left: ObjectValue, right: ObjectValue, meter: Meter): boolean {
  if (isList(left)) return isList(right) && areEqualLists(left, right, meter);
  if (isMap(left)) return isMap(right) && areEqualMaps(left, right, meter);
  if (left instanceof OptionalValue && right instanceof OptionalValue) {
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return areEqual(left.value, right.value, meter);
  }
  return left.constructor === right.constructor && identityOf(left) === identityOf(right);
}

function areEqualLists(a: readonly Value[], b: readonly Value[], meter: Meter): boolean {
  return a.length === b.length && a.every((item, index) => areEqual(item, b[index] ?? null, meter));
}

function areEqualMaps(a: MapValue, b: MapValue, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  return a.keys().every((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left !== undefined && right !== undefined && areEqual(left, right, meter);
  });
}

function plainOf(value: Value): Value {
  return value instanceof Uint ? value.value : value;
}

function identityOf(value: object): string | bigint | object {
  if (value instanceof Moment || value instanceof Span) return value.nanos;
  if (value instanceof TypeName) return value.name;
  if (value instanceof OpaqueValue) return `${value.type} ${value.text}`;
  return value instanceof Uint8Array ? value.join() : value;
}

/** What looking at a value once costs: text and bytes by their length. */
export function costOf(value: Value): number {
  if (typeof value === "string") return 1 + value.length / 10;
  return value instanceof Uint8Array ? 1 + value.length / 10 : 1;
}
