import { formatTime, parseTime } from "@beemesh/model";

/** A time as Kubernetes writes it; the beginning of 1970 for a clock beyond the year 9999. */
export function timestampOf(wallMs: number): string {
  return formatTime(wallMs) ?? "1970-01-01T00:00:00Z";
}

/** Milliseconds since 1970 of a time; undefined if there is none, or the text is none. */
export function wallMsOf(timestamp: string | undefined): number | undefined {
  return timestamp === undefined ? undefined : parseTime(timestamp);
}
