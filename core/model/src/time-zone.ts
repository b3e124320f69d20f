/** Clocks on walls: what they show in a time zone, by the tables that the language brings. */
import { daysOf } from "./time-text.ts";

const dayMs = 86_400_000;

/** Whether there is a time zone of this name, such as `Europe/Paris`. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]|^local$/iu.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The first moment when the clock of a zone shows a time; undefined if it leaves that out. */
export function momentOf(
  clockMs: number,
  offsetAt: (wallMs: number) => number,
): number | undefined {
  const around = [offsetAt(clockMs - dayMs), offsetAt(clockMs + dayMs)];
  const moments = around.map((offset) => clockMs - offset).toSorted((a, b) => a - b);
  return moments.find((moment) => moment + offsetAt(moment) === clockMs);
}

/** How far the clock of a zone is ahead of UTC at a moment, in milliseconds. */
export function offsetsOf(timeZone: string): (wallMs: number) => number {
  if (timeZone === "" || timeZone === "UTC") return () => 0;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (wallMs) => {
    const parts = format.formatToParts(wallMs);
    const at = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
    const [hour, minute, second] = [at("hour"), at("minute"), at("second")];
    const date = { year: at("year"), month: at("month"), day: at("day") };
    const clock = (hour * 60 + minute) * 60 + second;
    return (daysOf(date) ?? 0) * dayMs + clock * 1000 - Math.floor(wallMs / 1000) * 1000;
  };
}
