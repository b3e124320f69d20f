/**
 * Kubernetes quantities, exactly: whole numbers of billionths, never floating point.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

/** How a quantity is written: powers of 1000, powers of 1024, or an exponent of ten. */
export type QuantityForm = "decimal" | "binary" | "exponent";

/** A quantity read from text. */
export interface Quantity {
  /** Billionths; what is finer was rounded up, away from zero. */
  readonly nano: bigint;
  readonly form: QuantityForm;
}

/** A quantity is at most 2^63 - 1 of its unit, and so is its opposite. */
const unitsMax = 2n ** 63n - 1n;
const nanoPerUnit = 1_000_000_000n;
/** Longer text is no number that anybody means; it bounds the work of reading one. */
const lengthMax = 64;
/** Beyond this exponent a quantity is either capped or rounded to one billionth. */
const exponentMax = 64;

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,4})?$/u;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = {
  "": 0,
  Ki: 10,
  Mi: 20,
  Gi: 30,
  Ti: 40,
  Pi: 50,
  Ei: 60,
};

/**
 * Reads a quantity such as `100m`, `1.5Gi`, `2e3` or the number 2. What is over 2^63 - 1 units is
 * capped there, as Kubernetes does.
 *
 * @param value - From a manifest: text or a number.
 * @returns undefined if it is no quantity.
 */
export function parseQuantity(value: unknown): Quantity | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > lengthMax) return undefined;
  const [, sign, whole = "", fraction = "", suffix = ""] = pattern.exec(text.trim()) ?? [];
  if (sign === undefined || whole + fraction === "") return undefined;
  const magnitude = { digits: BigInt(whole + fraction), decimals: fraction.length };
  const { nano, form } = scaled(magnitude, suffix);
  return { nano: sign === "-" ? -nano : nano, form };
}

/** Writes a quantity in the one form that Kubernetes answers with: `1500m`, `1536Mi`, `2k`. */
export function formatQuantity({ nano, form }: Quantity): string {
  const magnitude = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? "-" : "";
  if (nano === 0n) return "0";
  if (form === "binary" && magnitude >= 1024n * nanoPerUnit && magnitude % nanoPerUnit === 0n) {
    return sign + binaryText(magnitude / nanoPerUnit);
  }
  return sign + decimalText(magnitude, form);
}

/** The canonical form of a quantity's text; text that is no quantity stays as it is. */
export function canonicalQuantity(value: unknown): unknown {
  const quantity = parseQuantity(value);
  return quantity === undefined ? value : formatQuantity(quantity);
}

/** Negative if `a` is less than `b`, 0 if they are equal, else positive. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano === b.nano ? 0 : a.nano < b.nano ? -1 : 1;
}

/**
 * Reads a CPU quantity.
 *
 * @returns Thousandths of one core, rounded up: `0.5` gives 500. Undefined if it is no quantity,
 *   or negative.
 */
export function parseCpuMillicores(value: unknown): number | undefined {
  return wholeOf(value, 1_000_000n);
}

/**
 * Reads a quantity of bytes, such as `64Mi`.
 *
 * @returns Whole bytes, rounded up, at most 2^53 - 1. Undefined if it is no quantity, or negative.
 */
export function parseBytes(value: unknown): number | undefined {
  return wholeOf(value, nanoPerUnit);
}

function wholeOf(value: unknown, nanoEach: bigint): number | undefined {
  const quantity = parseQuantity(value);
  if (quantity === undefined || quantity.nano < 0n) return undefined;
  const whole = ceilingOf(quantity.nano, nanoEach);
  return Number(whole > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : whole);
}

interface Magnitude {
  readonly digits: bigint;
  /** Digits after the point. */
  readonly decimals: number;
}

function scaled(magnitude: Magnitude, suffix: string): Quantity {
  const binary = suffix === "" ? undefined : binaryExponents[suffix];
  const isExponent = /^[eE][+-]?\d/u.test(suffix);
  const exponent = isExponent ? Number(suffix.slice(1)) : (decimalExponents[suffix] ?? 0);
  const tens = Math.max(-exponentMax, Math.min(exponentMax, exponent)) + 9 - magnitude.decimals;
  const numerator = magnitude.digits * 2n ** BigInt(binary ?? 0);
  const nano =
    tens >= 0 ? numerator * 10n ** BigInt(tens) : ceilingOf(numerator, 10n ** BigInt(-tens));
  const form = binary === undefined ? (isExponent ? "exponent" : "decimal") : "binary";
  return { nano: nano > unitsMax * nanoPerUnit ? unitsMax * nanoPerUnit : nano, form };
}

function binaryText(units: bigint): string {
  let rest = units;
  let power = 0;
  while (power < 6 && rest % 1024n === 0n) {
    rest /= 1024n;
    power += 1;
  }
  return `${rest}${Object.keys(binaryExponents)[power]}`;
}

function decimalText(nano: bigint, form: QuantityForm): string {
  let rest = nano;
  let exponent = -9;
  while (exponent < 18 && rest % 1000n === 0n) {
    rest /= 1000n;
    exponent += 3;
  }
  if (form === "exponent") return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  const suffixes = Object.entries(decimalExponents);
  return `${rest}${suffixes.find(([, value]) => value === exponent)?.[0] ?? ""}`;
}

function ceilingOf(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
