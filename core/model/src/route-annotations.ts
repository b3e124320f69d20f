import { isSetting, type RouteSettings, settingBounds } from "@beemesh/workload";
import type { KubeObject } from "./object.ts";

/** What annotations of a Service say of how it is called, and what of that cannot be read. */
export interface RouteAnnotations {
  readonly settings: RouteSettings;
  /** One text for each annotation that has no effect. */
  readonly faults: readonly string[];
}

const prefix = "beemesh.io/";

/** The annotations, and the settings that they are of. */
const names = {
  "request-timeout": "requestMs",
  "try-timeout": "tryMs",
  "idle-timeout": "idleMs",
  retries: "retries",
} as const satisfies Readonly<Record<string, keyof RouteSettings>>;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads how a Service wants to be called: `beemesh.io/request-timeout: 30s`, `try-timeout`,
 * `idle-timeout`, and `beemesh.io/retries: "1"`. What is malformed or out of bounds is as if it
 * were not there.
 */
export function routeAnnotations({ metadata }: KubeObject): RouteAnnotations {
  const settings: { -readonly [Name in keyof RouteSettings]: RouteSettings[Name] } = {};
  const faults: string[] = [];
  for (const [name, setting] of Object.entries(names)) {
    const text: unknown = metadata.annotations?.[prefix + name];
    if (text === undefined) continue;
    const value = setting === "retries" ? countOf(text) : durationOf(text);
    if (isSetting(setting, value)) settings[setting] = value;
    else faults.push(`metadata.annotations[${prefix}${name}] ${wantedOf(setting)}: it is ignored`);
  }
  return { settings, faults };
}

function countOf(text: unknown): number | undefined {
  return typeof text === "string" && /^\d{1,3}$/u.test(text) ? Number(text) : undefined;
}

/** A whole number and a unit, such as `500ms`, `30s`, `5m` or `1h`. */
function durationOf(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  const [, count = "", unit = ""] = /^(\d{1,9})(ms|s|m|h)$/u.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}

function wantedOf(setting: keyof RouteSettings): string {
  const { min, max } = settingBounds[setting];
  return setting === "retries"
    ? `must be a whole number from ${min} to ${max}`
    : `must be a duration such as 500ms, 30s or 5m, from ${min} ms to ${max / 3_600_000} h`;
}
