/** The arguments of a call, read as what the signature of its function promises. */
import { Fault, type Meter } from "./fault.ts";
import {
  costOf,
  isList,
  isMap,
  type MapValue,
  Moment,
  type OpaqueValue,
  OptionalValue,
  Span,
  Uint,
  type Value,
} from "./value.ts";

/** Reads arguments by their place; the target of a method is the first. */
export class Arguments {
  readonly #values: readonly Value[];
  readonly meter: Meter;

  constructor(values: readonly Value[], meter: Meter) {
    for (const value of values) meter.spend(costOf(value));
    this.#values = values;
    this.meter = meter;
  }

  any(at: number): Value {
    return this.#values[at] ?? null;
  }

  bool(at: number): boolean {
    const value = this.any(at);
    if (typeof value === "boolean") return value;
    throw mismatch();
  }

  int(at: number): bigint {
    const value = this.any(at);
    if (typeof value === "bigint") return value;
    throw mismatch();
  }

  uint(at: number): bigint {
    return this.of(at, Uint).value;
  }

  double(at: number): number {
    const value = this.any(at);
    if (typeof value === "number") return value;
    throw mismatch();
  }

  text(at: number): string {
    const value = this.any(at);
    if (typeof value === "string") return value;
    throw mismatch();
  }

  bytes(at: number): Uint8Array {
    return this.of(at, Uint8Array);
  }

  list(at: number): readonly Value[] {
    const value = this.any(at);
    if (isList(value)) return value;
    throw mismatch();
  }

  map(at: number): MapValue {
    const value = this.any(at);
    if (isMap(value)) return value;
    throw mismatch();
  }

  moment(at: number): Moment {
    return this.of(at, Moment);
  }

  span(at: number): Span {
    return this.of(at, Span);
  }

  optional(at: number): OptionalValue {
    return this.of(at, OptionalValue);
  }

  /** An argument that is a value of this class, such as a quantity. */
  of<T extends Uint | Uint8Array | Moment | Span | OptionalValue | OpaqueValue>(
    at: number,
    // oxlint knows no shorter way to name the class of any constructor.
    type: abstract new (...given: never[]) => T,
  ): T {
    const value = this.any(at);
    if (value instanceof type) return value;
    throw mismatch();
  }
}

function mismatch(): Fault {
  return new Fault("no such overload");
}
