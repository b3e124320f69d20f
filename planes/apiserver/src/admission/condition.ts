/** Match conditions of webhooks and policies: all have to be true for a request to concern them. */
import type { Call } from "../call.ts";
import { done, fail, forbidden, type Outcome } from "../status.ts";
import { evaluated, requestScope, type Scene, type Scope, sceneOf } from "./expression.ts";
import type { Intent } from "./intent.ts";
import { conditionsOf } from "./matching.ts";

/** Whether all conditions are true; a refusal if that cannot be told, and none is false. */
export function matchConditions(call: Call, intent: Intent, owner: unknown): Outcome<boolean> {
  if (conditionsOf(owner).length === 0) return done(true);
  const verdict = conditionVerdict(call, sceneOf(call, intent), { owner, scope: requestScope });
  if (verdict.ok) return done(verdict.value);
  return fail(forbidden(call.info.resource, intent.name, verdict.message));
}

/** Whether all conditions are true, or why that cannot be told. */
export function conditionVerdict(
  call: { readonly context: Pick<Call["context"], "expressions"> },
  scene: Scene,
  { owner, scope }: { readonly owner: unknown; readonly scope: Scope },
):
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly message: string } {
  const errors: string[] = [];
  for (const { expression } of conditionsOf(owner)) {
    const compiled = call.context.expressions.compile(expression, "bool", scope);
    const outcome = evaluated(compiled, expression, scene);
    if (outcome.ok && outcome.value !== true) return { ok: true, value: false };
    if (!outcome.ok) errors.push(outcome.message);
  }
  const [first = ""] = errors;
  if (errors.length === 0) return { ok: true, value: true };
  return { ok: false, message: errors.length === 1 ? first : `[${errors.join(", ")}]` };
}
