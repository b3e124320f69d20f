/** Times as people read them: RFC 3339 in objects, and the short ages of kubectl. */
import { formatTime, parseTime } from "@beemesh/model";

/** RFC 3339 in UTC, whole seconds. What lies beyond the year 9999 is written as its end. */
export function formatTimestamp(wallMs: number): string {
  return formatTime(wallMs) ?? "9999-12-31T23:59:59Z";
}

/** How long ago `text` was, as kubectl writes it: `5s`, `3m20s`, `2d4h`; `<unknown>` without. */
export function ageOf(text: string | undefined, nowMs: number): string {
  const then = text === undefined ? undefined : parseTime(text);
  return then === undefined ? "<unknown>" : formatAge(nowMs - then);
}

/** A duration as kubectl writes it, in at most two units (k8s.io/apimachinery HumanDuration). */
export function formatAge(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return twoUnits([minutes, "m"], [seconds % 60, "s"]);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return twoUnits([hours, "h"], [minutes % 60, "m"]);
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return twoUnits([days, "d"], [hours % 24, "h"]);
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? twoUnits([years, "y"], [days % 365, "d"]) : `${years}y`;
}

function twoUnits(
  [whole, unit]: readonly [number, string],
  [rest, restUnit]: readonly [number, string],
): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;
}
