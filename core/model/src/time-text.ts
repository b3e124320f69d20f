/**
 * Times as Kubernetes writes them (RFC 3339, in UTC), by arithmetic alone: pure code has no
 * calendar of the host.
 *
 * Source: https://howardhinnant.github.io/date_algorithms.html
 */

const dayMs = 86_400_000;
/** Days from 0000-03-01 to 1970-01-01: eras of 400 years start in March. */
const epochDays = 719_468;
const eraDays = 146_097;

/** The years 0 to 9999, the only ones that RFC 3339 can write. */
const wallMsMin = -62_167_219_200_000;
const wallMsMax = 253_402_300_799_999;

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/u;

/**
 * Writes a time.
 *
 * @param wallMs - Milliseconds since 1970.
 * @param decimals - Digits of the second: none, as in most members, or 6, as in leases.
 * @returns Such as `2026-01-02T03:04:05Z`; undefined outside the years 0 to 9999.
 */
export function formatTime(wallMs: number, decimals: 0 | 3 | 6 = 0): string | undefined {
  if (!(wallMs >= wallMsMin && wallMs <= wallMsMax)) return undefined;
  const days = Math.floor(wallMs / dayMs);
  const { year, month, day } = dateOf(days);
  const micros = Math.round((wallMs - days * dayMs) * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = padded(micros % 1_000_000, 6).slice(0, decimals);
  const date = [padded(year, 4), padded(month, 2), padded(day, 2)].join("-");
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => padded(part, 2));
  return `${date}T${clock.join(":")}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** Reads a time: milliseconds since 1970, or undefined if the text is none. */
export function parseTime(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction, sign, offHour, offMinute] =
    pattern.exec(text) ?? [];
  if (year === undefined) return undefined;
  const days = daysOf({ year: Number(year), month: Number(month), day: Number(day) });
  const clock = [Number(hour), Number(minute), Number(second)] as const;
  if (days === undefined || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) return undefined;
  const seconds = clock[0] * 3600 + clock[1] * 60 + clock[2];
  const millis = Number((fraction ?? "").slice(1, 4).padEnd(3, "0"));
  const offset = (Number(offHour ?? 0) * 60 + Number(offMinute ?? 0)) * (sign === "-" ? -60 : 60);
  return days * dayMs + (seconds - offset) * 1000 + millis;
}

/** A day by the calendar. */
export interface CalendarDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** The date of a day, in days since 1970-01-01. */
export function dateOf(days: number): CalendarDate {
  const era = Math.floor((days + epochDays) / eraDays);
  const dayOfEra = days + epochDays - era * eraDays;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - yearDays(yearOfEra);
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - monthDays(monthFromMarch) + 1,
  };
}

/** Days since 1970-01-01 of a date; undefined if the calendar has none such. */
export function daysOf(date: CalendarDate): number | undefined {
  const { year, month, day } = date;
  if (month < 1 || month > 12 || day < 1) return undefined;
  const yearFromMarch = month <= 2 ? year - 1 : year;
  const era = Math.floor(yearFromMarch / 400);
  const yearOfEra = yearFromMarch - era * 400;
  const dayOfYear = monthDays(month > 2 ? month - 3 : month + 9) + day - 1;
  const days = era * eraDays + yearDays(yearOfEra) + dayOfYear - epochDays;
  const same = dateOf(days);
  return same.month === month && same.day === day ? days : undefined;
}

/** Days of the years of an era before this one. */
function yearDays(yearOfEra: number): number {
  return 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
}

/** Days of the months from March on before this one. */
function monthDays(monthFromMarch: number): number {
  return Math.floor((153 * monthFromMarch + 2) / 5);
}

function padded(value: number, digits: number): string {
  return String(Math.floor(value)).padStart(digits, "0");
}
