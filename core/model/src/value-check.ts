/** Checks of single values, for tables that say which field takes which values. */
import type { Json } from "@beemesh/wire";
import { type Cause, invalid, notSupported } from "./cause.ts";
import { textOf } from "./members.ts";
import { portNameError } from "./name.ts";

/** Says what is wrong with a value that is set and of the right type. */
export type ValueCheck = (value: Json, field: string) => readonly Cause[];

/** Checks by type and member. */
export type ValueRules = Readonly<Record<string, Readonly<Record<string, ValueCheck>>>>;

/** The value is one of a few; empty text counts as not set. */
export function oneOf(...supported: readonly string[]): ValueCheck {
  return (value, field) =>
    value === "" || supported.includes(textOf(value))
      ? []
      : [notSupported(field, value, supported)];
}

/** The number is `min` or more. */
export function atLeast(min: number): ValueCheck {
  const rule = min === 1 ? "must be greater than zero" : `must be greater than or equal to ${min}`;
  return (value, field) => (Number(value) >= min ? [] : [invalid(field, value, rule)]);
}

/** The number is from `min` to `max`. */
export function between(min: number, max: number): ValueCheck {
  return (value, field) =>
    Number(value) >= min && Number(value) <= max
      ? []
      : [invalid(field, value, `must be between ${min} and ${max}, inclusive`)];
}

/** The text passes a check of names; empty text counts as not set. */
export function named(error: (text: string) => string | undefined): ValueCheck {
  return (value, field) => {
    const rule = value === "" ? undefined : error(textOf(value));
    return rule === undefined ? [] : [invalid(field, value, rule)];
  };
}

/** A TCP or UDP port: 1 to 65535. */
export const port: ValueCheck = between(1, 65_535);

/** A port, or 0 for none. */
export const portOrNone: ValueCheck = (value, field) => (value === 0 ? [] : port(value, field));

/** A port by number, or by the name that a container gives it. */
export const portOrName: ValueCheck = (value, field) =>
  typeof value === "number" ? port(value, field) : named(portNameError)(value, field);

/** Permission bits: 0 to 0777, octal. */
export const fileMode: ValueCheck = (value, field) =>
  Number(value) >= 0 && Number(value) <= 0o777
    ? []
    : [invalid(field, value, "must be a number between 0 and 0777 (octal), both inclusive")];

/** A path inside a volume: relative, and not up. */
export const innerPath: ValueCheck = (value, field) => {
  const path = textOf(value);
  if (path.startsWith("/")) return [invalid(field, value, "must be a relative path")];
  if (path.split("/").includes("..")) return [invalid(field, value, "must not contain '..'")];
  return [];
};

/** Kubernetes takes a whole number of replicas or a share of them. */
export const numberOrPercent: ValueCheck = (value, field) => {
  if (typeof value === "number") return atLeast(0)(value, field);
  if (/^\d{1,9}%$/u.test(textOf(value))) return [];
  const rule =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or " +
    "'93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, value, rule)];
};
