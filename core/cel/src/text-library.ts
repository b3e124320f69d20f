/**
 * Functions on texts, and on regular expressions.
 *
 * Sources: https://pkg.go.dev/github.com/google/cel-go/ext#Strings,
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library
 */
import type { Arguments } from "./arguments.ts";
import { hexText } from "./bytes.ts";
import { Fault, type Meter } from "./fault.ts";
import type { Library } from "./overload.ts";
import { found } from "./pattern.ts";
import { boundedText, charactersOf, textOf } from "./standard.ts";
import { isList, isMap, Uint, type Value } from "./value.ts";

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
  const escaped = charactersOf(text).map((sign) => quoteEscapes[sign] ?? sign);
  return `"${escaped.join("")}"`;
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
  if (letter === "d" && isWhole(value)) return textOf(value);
  if (letter === "f") return numberOf(value).toFixed(precision ?? 6);
  if (letter === "e") return exponentText(numberOf(value), precision ?? 6);
  const radix = { b: 2, o: 8, x: 16, X: 16 }[letter];
  if (radix === undefined || typeof value === "number") {
    const problem = `unrecognized formatting clause "${letter}"`;
    throw new Fault(`could not parse formatting clause: ${problem}`);
  }
  const digits = radixText(value, radix);
  return letter === "X" ? digits.toUpperCase() : digits;
}

function isWhole(value: Value): boolean {
  return typeof value === "bigint" || value instanceof Uint;
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

const cuts: Library = {
  "string.charAt(int): string": (given) => characterAt(given.text(0), given.int(1)),
  "string.indexOf(string): int": (given) => positionOf(given.text(0), given.text(1), 0n),
  "string.indexOf(string, int): int": (given) =>
    positionOf(given.text(0), given.text(1), given.int(2)),
  "string.lastIndexOf(string): int": (given) =>
    lastPositionOf(given.text(0), given.text(1), undefined),
  "string.lastIndexOf(string, int): int": (given) =>
    lastPositionOf(given.text(0), given.text(1), given.int(2)),
  "string.split(string): list<string>": (given) => split(given.text(0), given.text(1), -1n),
  "string.split(string, int): list<string>": (given) =>
    split(given.text(0), given.text(1), given.int(2)),
  "string.substring(int): string": (given) => slice(given.text(0), given.int(1), undefined),
  "string.substring(int, int): string": (given) => slice(given.text(0), given.int(1), given.int(2)),
  "string.trim(): string": (given) => given.text(0).trim(),
};

const searches: Library = {
  "string.find(string): string": (given) =>
    found({ text: given.text(0), pattern: given.text(1), most: 1 }, given.meter)[0] ?? "",
  "string.findAll(string): list<string>": (given) => allFound(given, -1n),
  "string.findAll(string, int): list<string>": (given) => allFound(given, given.int(2)),
};

function allFound(given: Arguments, most: bigint): readonly string[] {
  const count = most < 0n ? Number.POSITIVE_INFINITY : Number(most);
  return found({ text: given.text(0), pattern: given.text(1), most: count }, given.meter);
}

/** Functions on texts. */
export const textLibrary: Library = {
  ...cuts,
  ...searches,
  "string.lowerAscii(): string": (given) =>
    given.text(0).replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase()),
  "string.upperAscii(): string": (given) =>
    given.text(0).replaceAll(/[a-z]/gu, (letter) => letter.toUpperCase()),
  "string.replace(string, string): string": (given) =>
    replaced(given.text(0), [given.text(1), given.text(2)], -1n, given.meter),
  "string.replace(string, string, int): string": (given) =>
    replaced(given.text(0), [given.text(1), given.text(2)], given.int(3), given.meter),
  "string.reverse(): string": (given) => charactersOf(given.text(0)).toReversed().join(""),
  "list<string>.join(): string": (given) => joinedText(given.list(0), "", given.meter),
  "list<string>.join(string): string": (given) =>
    joinedText(given.list(0), given.text(1), given.meter),
  "strings.quote(string): string": (given) => quotedText(given.text(0)),
  "string.format(list<dyn>): string": (given) =>
    formatted(given.text(0), given.list(1), given.meter),
};
