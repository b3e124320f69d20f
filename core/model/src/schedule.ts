/**
 * Schedules as cron writes them: minute, hour, day of the month, month, day of the week.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax,
 * and the rules of github.com/robfig/cron/v3, which Kubernetes uses.
 */

import { dateOf } from "./time-text.ts";
import { momentOf, offsetsOf } from "./time-zone.ts";

/** When something is to happen again and again. */
export interface Schedule {
  /**
   * The first time after `wallMs`, milliseconds since 1970; undefined if there is none within
   * the next years. A time of day that a change of clocks leaves out does not happen that day.
   *
   * @param timeZone - An IANA name such as `Europe/Paris`; UTC for empty text.
   */
  next(wallMs: number, timeZone: string): number | undefined;
}

/** Longer text is no schedule that a person writes. */
const textLengthMax = 256;

/** February 29 comes after eight years at the latest; a schedule that does not, never. */
const yearsMax = 8;

/** Steps of the search: by days, hours and minutes no schedule needs as many. */
const stepsMax = 20_000;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const shorthands: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** Which values one place of a schedule takes. */
interface Field {
  readonly values: ReadonlySet<number>;
  /** Whether it takes all there are, by a star. */
  readonly isOpen: boolean;
}

interface Fields {
  readonly minute: Field;
  readonly hour: Field;
  readonly dayOfMonth: Field;
  readonly month: Field;
  readonly dayOfWeek: Field;
}

/** Reads a schedule, such as `0 3 * * mon-fri` or `@hourly`. */
export function parseSchedule(
  text: string,
):
  | { readonly ok: true; readonly value: Schedule }
  | { readonly ok: false; readonly message: string } {
  if (text.length > textLengthMax) return { ok: false, message: "schedule is too long" };
  const parts = (shorthands.get(text.trim()) ?? text).trim().split(/\s+/u);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [
    { min: 0, max: 59 },
    { min: 0, max: 23 },
    { min: 1, max: 31 },
    { min: 1, max: 12, names: months },
    { min: 0, max: 6, names: days },
  ].map((span, index) => readField(parts[index] ?? "", span));
  if (parts.length !== 5) {
    return { ok: false, message: `expected exactly 5 fields, found ${parts.length}: [${text}]` };
  }
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) {
    return { ok: false, message: `cannot read the fields of [${text}]` };
  }
  const fields = { minute, hour, dayOfMonth, month, dayOfWeek };
  return { ok: true, value: { next: (wallMs, timeZone) => nextOf(fields, wallMs, timeZone) } };
}

interface Span {
  readonly min: number;
  readonly max: number;
  /** Words for the numbers from `min` on. */
  readonly names?: readonly string[];
}

/** A list of ranges, each perhaps with a step. */
function readField(text: string, span: Span): Field | undefined {
  const ranges = text.split(",").map((part) => readRange(part, span));
  const values = new Set<number>();
  for (const range of ranges) {
    if (range === undefined) return undefined;
    for (let value = range.first; value <= range.last; value += range.by) values.add(value);
  }
  return { values, isOpen: ranges.some((range) => range?.isOpen) };
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly by: number;
  readonly isOpen: boolean;
}

const rangePattern = /^(?:([*?])|([a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?)(?:\/(\d{1,2}))?$/iu;

function readRange(text: string, span: Span): Range | undefined {
  const [, star, from = "", to, step] = rangePattern.exec(text) ?? [];
  const by = Number(step ?? 1);
  const range =
    star === undefined
      ? // A step without an end goes on to the last value.
        { from, to: to ?? (step === undefined ? from : `${span.max}`) }
      : { from: `${span.min}`, to: `${span.max}` };
  const [first, last] = [numberOf(range.from, span), numberOf(range.to, span)];
  const isRight = first >= span.min && last <= span.max && first <= last && by > 0;
  return isRight ? { first, last, by, isOpen: star !== undefined && by === 1 } : undefined;
}

/** The number that a word stands for; NaN if it stands for none. */
function numberOf(word: string, { min, names = [] }: Span): number {
  const index = names.indexOf(word.toLowerCase());
  if (index >= 0) return index + min;
  return word === "" ? Number.NaN : Number(word);
}

/** Searches by the clock on the wall, then finds the moment when that clock shows it. */
function nextOf(fields: Fields, wallMs: number, timeZone: string): number | undefined {
  const offsetAt = offsetsOf(timeZone);
  const startMs = Math.floor(wallMs / minuteMs) * minuteMs + minuteMs;
  let clockMs = startMs + offsetAt(startMs);
  const endMs = clockMs + yearsMax * 366 * dayMs;
  for (let step = 0; step < stepsMax && clockMs <= endMs; step += 1) {
    const skippedMs = skipOf(fields, clockMs);
    if (skippedMs > 0) {
      clockMs += skippedMs;
      continue;
    }
    const moment = momentOf(clockMs, offsetAt);
    if (moment !== undefined && moment > wallMs) return moment;
    clockMs += minuteMs;
  }
  return undefined;
}

/** How far to go on from a time that does not fit; 0 for one that does. */
function skipOf(fields: Fields, clockMs: number): number {
  const day = Math.floor(clockMs / dayMs);
  if (!fitsDay(fields, day)) return (day + 1) * dayMs - clockMs;
  const hour = Math.floor(clockMs / hourMs);
  if (!fields.hour.values.has(hour - day * 24)) return (hour + 1) * hourMs - clockMs;
  return fields.minute.values.has(Math.floor(clockMs / minuteMs) - hour * 60) ? 0 : minuteMs;
}

/** Of two kinds of days that are both named either is enough. */
function fitsDay({ dayOfMonth, dayOfWeek, month }: Fields, daysSince1970: number): boolean {
  const date = dateOf(daysSince1970);
  if (!month.values.has(date.month)) return false;
  // 1970 began on a Thursday.
  const weekday = daysSince1970 + 4 - 7 * Math.floor((daysSince1970 + 4) / 7);
  const [byMonth, byWeek] = [dayOfMonth.values.has(date.day), dayOfWeek.values.has(weekday)];
  return dayOfMonth.isOpen || dayOfWeek.isOpen ? byMonth && byWeek : byMonth || byWeek;
}
