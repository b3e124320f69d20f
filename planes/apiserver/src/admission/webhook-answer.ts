/** What the answer of a webhook does to a request. */
import type { ApiReply } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { internalError, replyWith } from "../status.ts";
import { verdictOf } from "./admission-review.ts";
import { matchConditions } from "./condition.ts";
import type { Intent } from "./intent.ts";
import { isMatch } from "./matching.ts";
import { dryRunRefusal, questionOf, type Webhook } from "./webhook.ts";

/** What came of asking. */
export type Advice =
  /** It is not concerned, has no objection, or does not answer and may be passed over. */
  | { readonly kind: "go"; readonly patch?: Json | undefined }
  | { readonly kind: "wait" }
  | { readonly kind: "stop"; readonly reply: ApiReply };

const go: Advice = { kind: "go" };

/** Whether a webhook is to be asked about an intent; a reply if that cannot be told. */
export function isConcerned(call: Call, intent: Intent, hook: Webhook): boolean | ApiReply {
  if (!isMatch(call, intent, hook)) return false;
  const condition = matchConditions(call, intent, hook.conditions);
  if (condition.ok) return condition.value;
  return hook.isIgnorable ? false : replyWith(condition.status);
}

/** Asks a webhook that is concerned, as far as it has not answered yet. */
export function adviceOf(call: Call, intent: Intent, hook: Webhook): Advice {
  const refusal = dryRunRefusal(hook, intent);
  if (refusal !== undefined) return { kind: "stop", reply: replyWith(refusal) };
  const answered = call.counsel.ask(questionOf(call, intent, hook));
  if (answered === undefined) return { kind: "wait" };
  const verdict = verdictOf(answered, hook);
  if (verdict.kind === "failed") {
    if (hook.isIgnorable) return go;
    const message = `failed calling webhook ${JSON.stringify(hook.name)}: ${verdict.reason}`;
    return { kind: "stop", reply: replyWith(internalError(message)) };
  }
  for (const warning of verdict.warnings) call.counsel.warn(warning);
  if (verdict.kind === "denied") return { kind: "stop", reply: replyWith(verdict.status) };
  return { kind: "go", patch: verdict.patch };
}
