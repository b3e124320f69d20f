import type { Json } from "@beemesh/wire";
import type { Declaration } from "./declaration.ts";
import { compile, jsonOf } from "./program.ts";

/** What a test finds when it evaluates a source: a value as JSON, or the message. */
export function evaluated(
  source: string,
  values: Readonly<Record<string, Json>> = {},
  types: Readonly<Record<string, Declaration>> = {},
): Json | undefined {
  const unnamed = Object.keys(values).map((name) => [name, "dyn"] as const);
  const compiled = compile(source, { variables: { ...Object.fromEntries(unnamed), ...types } });
  if (!compiled.ok) return compiled.message;
  const outcome = compiled.program.evaluate(values, 100_000);
  return outcome.ok ? jsonOf(outcome.value) : outcome.message;
}

/** What a test finds where it expects no value: the message. */
export function messageOf(source: string): string {
  const found = evaluated(source);
  return typeof found === "string" ? found : JSON.stringify(found);
}
