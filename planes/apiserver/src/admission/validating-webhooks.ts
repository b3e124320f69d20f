/** Validating webhooks: all that are concerned are asked at once; each may refuse. */
import type { ApiReply } from "@beemesh/ports";
import type { Call } from "../call.ts";
import type { Intent } from "./intent.ts";
import { isExempt } from "./matching.ts";
import { webhooksOf } from "./webhook.ts";
import { adviceOf, isConcerned } from "./webhook-answer.ts";

/** Why the request may not go on, or not yet; undefined if it may. */
export function askValidatingWebhooks(call: Call, intent: Intent): ApiReply | undefined {
  if (isExempt(call.info.resource)) return undefined;
  let refusal: ApiReply | undefined;
  for (const hook of webhooksOf(call.context.store, "validating")) {
    const concerned = isConcerned(call, intent, hook);
    if (concerned === false) continue;
    if (concerned !== true) return concerned;
    const advice = adviceOf(call, intent, hook);
    if (advice.kind === "stop") refusal ??= advice.reply;
  }
  if (refusal !== undefined) return refusal;
  return call.counsel.isWaiting ? call.counsel.pause() : undefined;
}
