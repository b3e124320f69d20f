/**
 * Functions on texts, and on regular expressions.
 *
 * Sources: https://pkg.go.dev/github.com/google/cel-go/ext#Strings,
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library
 */
import { hexText } from "./bytes.ts";
import { Fault, type Meter } from "./fault.ts";
import type { Library } from "./overload.ts";
import { found } from "./pattern.ts";
import { boundedText, on, textOf } from "./standard.ts";
import { isList, isMap, typeNameOf, type Value } from "./value.ts";

/** Positions count characters, as Go's runes; texts without pairs are cut as they are. */
function charactersOf(text: string): readonly string[] {
  return [...text];
}

function positionOf(text: string, wanted: string, from: bigint): bigint {
  const characters = charactersOf(text);
  if (from < 0n || from > BigInt(characters.length)) throw outOfRange(from);
  const start = characters.slice(0, Number(from)).join("").length;
  const unit = text.indexOf(wanted, start);
  return unit < 0 ? -1n : BigInt(charactersOf(text.slice(0, unit)).length);
}

function lastPositionOf(text: string, wanted: string, from: bigint | undefined): bigint {
  const characters = charactersOf(text);
  if (from !== undefined && (from < 0n || from > BigInt(characters.length))) throw outOfRange(from);
  const end = from === undefined ? text.length : characters.slice(0, Number(from)).join("").length;
  const unit = text.lastIndexOf(wanted, end);
  return unit < 0 ? -1n : BigInt(charactersOf(text.slice(0, unit)).length);
}

function outOfRange(at: bigint): Fault {
  return new Fault(`index out of range: ${at}`);
}

function slice(text: string, from: bigint, end: bigint | undefined): string {
  const characters = charactersOf(text);
  const last = end ?? BigInt(characters.length);
  if (from < 0n || from > BigInt(characters.length)) throw outOfRange(from);
  if (last < 0n || last > BigInt(characters.length)) throw outOfRange(last);
  if (from > last) throw new Fault(`invalid substring range. start: ${from}, end: ${last}`);
  return characters.slice(Number(from), Number(last)).join("");
}

function characterAt(text: string, at: bigint): string {
  const characters = charactersOf(text);
  if (at < 0n || at > BigInt(characters.length)) throw outOfRange(at);
  return characters[Number(at)] ?? "";
}

function replaced(
  text: string,
  change: readonly [string, string],
  most: bigint,
  meter: Meter,
): string {
  const [from, to] = change;
  const parts = split(text, from, -1n);
  const count = most < 0n ? parts.length - 1 : Math.min(Number(most), parts.length - 1);
  const length = text.length + count * Math.max(0, to.length - from.length);
  meter.spend(length / 10);
  if (length > 1_000_000) throw new Fault("text is too long");
  return boundedText([parts.slice(0, count + 1).join(to), ...parts.slice(count + 1)].join(from));
}

function split(text: string, by: string, most: bigint): readonly string[] {
  if (most === 0n) return [];
  const parts = by === "" ? charactersOf(text) : text.split(by);
  if (most < 0n || parts.length <= Number(most)) return parts;
  const kept = Number(most) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(by)];
}

function joinedText(list: readonly Value[], by: string, meter: Meter): string {
  const parts = list.map((item) => {
    if (typeof item !== "string") throw new Fault("no such overload");
    meter.spend(1 + (item.length + by.length) / 10);
    return item;
  });
  return boundedText(parts.join(by));
}

function quotedText(text: string): string {
  const escaped = text.replaceAll(
    /[\u0007\b\f\n\r\t\v\\"]/gu,
    (sign) => quoteEscapes[sign] ?? sign,
  );
  return `"${escaped}"`;
}

const quoteEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Decimals that a format may ask for. */
const precisionMax = 20;

function formatted(text: string, values: readonly Value[], meter: Meter): string {
  let next = 0;
  const result = text.replaceAll(/%(?:%|(?:\.(\d{1,4}))?([a-zA-Z]))/gu, (all, digits, letter) => {
    if (all === "%%") return "%";
    if (next >= values.length) throw new Fault(`index ${next} out of range`);
    const value = values[next] ?? null;
    next += 1;
    const precision = digits === undefined ? undefined : Number(digits);
    if ((precision ?? 0) > precisionMax) throw new Fault("precision is too large");
    const part = formattedPart(value, String(letter), precision);
    meter.spend(1 + part.length / 10);
    return part;
  });
  return boundedText(result);
}

function formattedPart(value: Value, letter: string, precision: number | undefined): string {
  if (letter === "s") return shownText(value);
  if (letter === "d" && (typeof value === "bigint" || typeNameOf(value) === "uint")) {
    return textOf(value);
  }
  if (letter === "f" && typeof value !== "string") return numberOf(value).toFixed(precision ?? 6);
  if (letter === "e") return exponentText(numberOf(value), precision ?? 6);
  const radix = { b: 2, o: 8, x: 16, X: 16 }[letter];
  if (radix === undefined || typeof value === "number") {
    throw new Fault(
      `could not parse formatting clause: unrecognized formatting clause "${letter}"`,
    );
  }
  const digits = radixText(value, radix);
  return letter === "X" ? digits.toUpperCase() : digits;
}

function radixText(value: Value, radix: number): string {
  if (typeof value === "bigint") return value.toString(radix);
  if (typeof value === "boolean") return Number(value).toString(radix);
  if (radix === 16 && value instanceof Uint8Array) return hexText(value);
  return BigInt(textOf(value)).toString(radix);
}

function numberOf(value: Value): number {
  return typeof value === "number" ? value : Number(textOf(value));
}

function exponentText(value: number, precision: number): string {
  return value.toExponential(precision).replace(/e([+-])(\d)$/u, "e$10$2");
}

function shownText(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return `[${value.map(shownText).join(", ")}]`;
  if (!isMap(value)) return textOf(value);
  const members = value.keys().map((key) => `${String(key)}: ${shownText(value.get(key) ?? null)}`);
  return `{${members.toSorted().join(", ")}}`;
}

/** Functions on texts. */
export const textLibrary: Library = {
  "string.charAt(int): string": on(characterAt),
  "string.indexOf(string): int": on((a: string, b: string) => positionOf(a, b, 0n)),
  "string.indexOf(string, int): int": on(positionOf),
  "string.lastIndexOf(string): int": on((a: string, b: string) => lastPositionOf(a, b, undefined)),
  "string.lastIndexOf(string, int): int": on((a: string, b: string, from: bigint) =>
    lastPositionOf(a, b, from),
  ),
  "string.lowerAscii(): string": on((a: string) =>
    a.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase()),
  ),
  "string.upperAscii(): string": on((a: string) =>
    a.replaceAll(/[a-z]/gu, (letter) => letter.toUpperCase()),
  ),
  "string.replace(string, string): string": on((a: string, from: string, to: string, _d, meter) =>
    replaced(a, [from, to], -1n, meter),
  ),
  "string.replace(string, string, int): string": on(
    (a: string, from: string, to: string, most: bigint, meter) =>
      replaced(a, [from, to], most, meter),
  ),
  "string.split(string): list<string>": on((a: string, by: string) => split(a, by, -1n)),
  "string.split(string, int): list<string>": on(split),
  "string.substring(int): string": on((a: string, from: bigint) => slice(a, from, undefined)),
  "string.substring(int, int): string": on((a: string, from: bigint, end: bigint) =>
    slice(a, from, end),
  ),
  "string.trim(): string": on((a: string) => a.trim()),
  "string.reverse(): string": on((a: string) => charactersOf(a).toReversed().join("")),
  "list<string>.join(): string": on((a: readonly Value[], _b, _c, _d, meter) =>
    joinedText(a, "", meter),
  ),
  "list<string>.join(string): string": on((a: readonly Value[], by: string, _c, _d, meter) =>
    joinedText(a, by, meter),
  ),
  "strings.quote(string): string": on(quotedText),
  "string.format(list<dyn>): string": on((a: string, values: readonly Value[], _c, _d, meter) =>
    formatted(a, values, meter),
  ),
  "string.find(string): string": on(
    (text: string, pattern: string, _c, _d, meter) =>
      found({ text, pattern, most: 1 }, meter)[0] ?? "",
  ),
  "string.findAll(string): list<string>": on((text: string, pattern: string, _c, _d, meter) =>
    found({ text, pattern, most: Number.POSITIVE_INFINITY }, meter),
  ),
  "string.findAll(string, int): list<string>": on(
    (text: string, pattern: string, most: bigint, _d, meter) =>
      found({ text, pattern, most: most < 0n ? Number.POSITIVE_INFINITY : Number(most) }, meter),
  ),
};
