/**
 * Quantities in expressions, counted exactly.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library
 */
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from "@beemesh/model";
import type { Arguments } from "./arguments.ts";
import { Fault } from "./fault.ts";
import type { Library } from "./overload.ts";
import { OpaqueValue } from "./value.ts";

const nanoPerUnit = 1_000_000_000n;

class QuantityValue extends OpaqueValue {
  readonly type = "kubernetes.Quantity";
  readonly quantity: Quantity;
  readonly text: string;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
    this.text = String(quantity.nano);
  }
}

function read(text: string): QuantityValue {
  const parsed = parseQuantity(text);
  if (parsed !== undefined) return new QuantityValue(parsed);
  const pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
  throw new Fault(`quantities must match the regular expression '${pattern}'`);
}

function nanoOf(given: Arguments, at: number): bigint {
  return given.of(at, QuantityValue).quantity.nano;
}

function moved(given: Arguments, by: bigint): QuantityValue {
  const { nano, form } = given.of(0, QuantityValue).quantity;
  return new QuantityValue({ nano: nano + by, form });
}

function compared(given: Arguments): number {
  const [a, b] = [given.of(0, QuantityValue), given.of(1, QuantityValue)];
  return Math.sign(compareQuantities(a.quantity, b.quantity));
}

function signOf(nano: bigint): bigint {
  return nano === 0n ? 0n : nano < 0n ? -1n : 1n;
}

function wholeOf(nano: bigint): bigint {
  if (nano % nanoPerUnit !== 0n) throw new Fault("cannot convert value to integer");
  return nano / nanoPerUnit;
}

/** Quantities in expressions. */
export const quantityLibrary: Library = {
  "quantity(string): Quantity": (given) => read(given.text(0)),
  "isQuantity(string): bool": (given) => parseQuantity(given.text(0)) !== undefined,
  "string(Quantity): string": (given) => formatQuantity(given.of(0, QuantityValue).quantity),
  "Quantity.sign(): int": (given) => signOf(nanoOf(given, 0)),
  "Quantity.isInteger(): bool": (given) => nanoOf(given, 0) % nanoPerUnit === 0n,
  "Quantity.asInteger(): int": (given) => wholeOf(nanoOf(given, 0)),
  "Quantity.asApproximateFloat(): double": (given) => Number(nanoOf(given, 0)) / 1e9,
  "Quantity.add(Quantity): Quantity": (given) => moved(given, nanoOf(given, 1)),
  "Quantity.add(int): Quantity": (given) => moved(given, given.int(1) * nanoPerUnit),
  "Quantity.sub(Quantity): Quantity": (given) => moved(given, -nanoOf(given, 1)),
  "Quantity.sub(int): Quantity": (given) => moved(given, -given.int(1) * nanoPerUnit),
  "Quantity.compareTo(Quantity): int": (given) => BigInt(compared(given)),
  "Quantity.isGreaterThan(Quantity): bool": (given) => compared(given) > 0,
  "Quantity.isLessThan(Quantity): bool": (given) => compared(given) < 0,
};
