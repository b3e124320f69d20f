/**
 * Reading members of objects whose shape nobody has promised: what is not there, or is of
 * another type, reads as absent.
 */
import { isJsonObject } from "@beemesh/wire";

/** The member at `path`, such as `fieldAt(pod, "spec", "nodeName")`; lists by index. */
export function fieldAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at)) at = typeof step === "number" ? at[step] : undefined;
    else if (isJsonObject(at) && Object.hasOwn(at, step)) at = at[step];
    else return undefined;
  }
  return at;
}

/** The text at `path`; empty if there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = fieldAt(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number at `path`; 0 if there is none. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = fieldAt(value, ...path);
  return typeof found === "number" ? found : 0;
}

/** The list at `path`; empty if there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The object at `path`; empty if there is none. */
export function mapAt(
  value: unknown,
  ...path: readonly (string | number)[]
): Readonly<Record<string, unknown>> {
  const found = fieldAt(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** The members at `path` whose values are text, such as labels. */
export function textsAt(
  value: unknown,
  ...path: readonly (string | number)[]
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [key, text] of Object.entries(mapAt(value, ...path))) {
    if (typeof text === "string") texts[key] = text;
  }
  return texts;
}

/** `members` without those that are undefined. */
export function present<Members extends object>(members: Members): Partial<Members> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- members are only taken away
  return Object.fromEntries(entries) as Partial<Members>;
}
