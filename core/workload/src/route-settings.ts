import { isJsonObject, type Json } from "@beemesh/wire";

/** What a Service says of how its requests are made; what it does not say is as usual. */
export interface RouteSettings {
  /** Milliseconds for a request with all its tries, to the response's head. */
  readonly requestMs?: number;
  /** Milliseconds for one try of it. */
  readonly tryMs?: number;
  /** Milliseconds that a client's connection may be without a request. */
  readonly idleMs?: number;
  /** Tries after the first one. */
  readonly retries?: number;
  /** Milliseconds without a call after which another endpoint may be taken; none if not given. */
  readonly affinityMs?: number;
}

/**
 * The least and the most of each setting: a day is for ever, and five retries are a storm. Of the
 * affinity they are Kubernetes' own.
 */
export const settingBounds: Readonly<
  Record<keyof RouteSettings, { readonly min: number; readonly max: number }>
> = {
  requestMs: { min: 1, max: 86_400_000 },
  tryMs: { min: 1, max: 86_400_000 },
  idleMs: { min: 1000, max: 86_400_000 },
  retries: { min: 0, max: 5 },
  affinityMs: { min: 1000, max: 86_400_000 },
};

/** Reads the settings of a route; undefined if they are malformed. */
export function readRouteSettings(json: Json | undefined): RouteSettings | undefined {
  if (!isJsonObject(json)) return undefined;
  const settings: { -readonly [Name in keyof RouteSettings]: RouteSettings[Name] } = {};
  for (const name of settingNames) {
    const value = json[name];
    if (value === undefined) continue;
    if (!isSetting(name, value)) return undefined;
    settings[name] = value;
  }
  return settings;
}

/** Whether a value is within what a setting may be. */
export function isSetting(name: keyof RouteSettings, value: unknown): value is number {
  const { min, max } = settingBounds[name];
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

const settingNames = ["requestMs", "tryMs", "idleMs", "retries", "affinityMs"] as const;
