/** Times and durations as text. */
import { dateOf, formatTime, isTimeZone, offsetsOf, parseTime } from "@beemesh/model";
import { Fault } from "./fault.ts";
import { Moment, Span } from "./value.ts";

const unitNanos: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  ns: 1n,
};

/** Longest text of a duration; it bounds the work of reading one. */
const durationLengthMax = 100;

/** Reads `1h30m`, `-1.5s`, `0`; undefined for other text. */
export function spanOf(text: string): Span | undefined {
  if (text.length > durationLengthMax) return undefined;
  const magnitude = text.replace(/^[+-]/u, "");
  const isSpan =
    magnitude === "0" || /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/u.test(magnitude);
  if (!isSpan) return undefined;
  const parts = [...magnitude.matchAll(/(\d*)\.?(\d*)(ns|us|µs|ms|s|m|h)/gu)];
  const nanos = parts.reduce((sum, part) => sum + nanosOf(part), 0n);
  const signed = text.startsWith("-") ? -nanos : nanos;
  const isHeld = signed >= -(2n ** 63n) && signed < 2n ** 63n;
  return isHeld ? new Span(signed) : undefined;
}

function nanosOf([, whole = "", fraction = "", unit = "s"]: RegExpExecArray): bigint {
  const each = unitNanos[unit] ?? 0n;
  return BigInt(whole) * each + (BigInt(fraction) * each) / 10n ** BigInt(fraction.length);
}

/** Writes a duration as CEL does: in seconds. */
export function spanText({ nanos }: Span): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  const fraction = String(magnitude % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/u, "");
  const sign = nanos < 0n ? "-" : "";
  return `${sign}${magnitude / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
}

/** Reads a time, or a date; undefined for other text. */
export function momentOf(text: string): Moment | undefined {
  const wallMs = parseTime(text.length === 10 ? `${text}T00:00:00Z` : text);
  if (wallMs === undefined) return undefined;
  const fraction = /\.(\d{1,9})/u.exec(text)?.[1] ?? "";
  const seconds = BigInt(Math.floor(wallMs / 1000));
  return new Moment(seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0")));
}

/** Writes a time in UTC, with as many decimals as it has. */
export function momentText({ nanos }: Moment): string {
  const seconds = floorDivide(nanos, 1_000_000_000n);
  const whole = formatTime(Number(seconds) * 1000) ?? "";
  const fraction = String(nanos - seconds * 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/u, "");
  return fraction === "" ? whole : whole.replace("Z", `.${fraction}Z`);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** What a calendar and a clock show at a moment. */
export interface Showing {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** Days since 1970-01-01. */
  readonly days: number;
  /** Since midnight. */
  readonly milliseconds: number;
}

/** What a clock shows at a moment in a zone, which is a name or an offset such as `-07:00`. */
export function showing({ nanos }: Moment, zone = "UTC"): Showing {
  const wallMs = Number(floorDivide(nanos, 1_000_000n));
  const local = wallMs + offsetOf(zone, wallMs);
  const days = Math.floor(local / dayMs);
  return { ...dateOf(days), days, milliseconds: local - days * dayMs };
}

const dayMs = 86_400_000;

function offsetOf(zone: string, wallMs: number): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/u.exec(zone) ?? [];
  if (hours !== undefined) {
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  }
  if (zone !== "" && !isTimeZone(zone)) throw new Fault(`unknown time zone ${zone}`);
  return offsetsOf(zone)(wallMs);
}
