import { BeeError, unreachable } from "@beemesh/base";
import type { Outcome } from "@beemesh/deciding";
import type { FinalReply } from "@beemesh/ports";
import { notDurable } from "../acknowledgements.ts";
import { statusReply } from "../status-reply.ts";

/** What a client is told of its write; an error for what the machine cannot answer for. */
export function replyOf(outcome: Exclude<Outcome, { kind: "broken" }>): FinalReply | BeeError {
  switch (outcome.kind) {
    case "replied":
      return outcome.reply;
    case "refused":
      return statusReply({
        code: 403,
        reason: "Forbidden",
        message: `Cannot write to ${outcome.collection}: ${outcome.reason}`,
      });
    case "busy":
      return statusReply({
        code: 429,
        reason: "TooManyRequests",
        message: "the machine that decides this write has too many to decide, please try again",
        retryAfterSeconds: 1,
      });
    case "in-doubt":
      return statusReply({
        code: 504,
        reason: "Timeout",
        message:
          "the machine that decides this was lost before it answered: look whether the write is " +
          "there before you repeat it",
      });
    case "failed":
      return failed(outcome);
    default:
      return unreachable(outcome);
  }
}

/** `write-not-durable`, or `decision-failed` for what nobody foresaw. */
function failed({ code, message }: Extract<Outcome, { kind: "failed" }>): FinalReply | BeeError {
  if (code === "write-not-durable") return notDurable();
  if (code === "object-too-large") {
    return statusReply({ code: 413, reason: "RequestEntityTooLarge", message });
  }
  return new BeeError("decision-failed", `Cannot decide the write: ${message || "it failed"}`);
}
