import { type Api, makingRequest, type PodMaking, verdictOfReply } from "@beemesh/apiserver";
import type { Now } from "@beemesh/base";
import type { WebhookClient } from "@beemesh/webhook";
import { admissionCollections } from "./admission.ts";
import type { Reading } from "./reading.ts";

/** What pods are judged with. */
export interface JudgeSources {
  readonly api: Pick<Api, "judgePod">;
  readonly webhooks: Pick<WebhookClient, "askAll">;
  readonly reading: Pick<Reading, "bringAll">;
  readonly clock: () => Now;
}

/**
 * Has webhooks and policies judge the pods that controllers of this machine are about to make.
 * What is asked before everything is up waits until it is.
 */
export class PodJudge {
  readonly #sources = Promise.withResolvers<JudgeSources>();

  open(sources: JudgeSources): void {
    this.#sources.resolve(sources);
  }

  /** The pod as it may be made, or why it may not; never rejects. */
  async judge(making: PodMaking): Promise<ReturnType<typeof verdictOfReply>> {
    try {
      return await this.#judged(making);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, message: `Internal error occurred: ${reason}` };
    }
  }

  async #judged(making: PodMaking): Promise<ReturnType<typeof verdictOfReply>> {
    const { api, webhooks, reading, clock } = await this.#sources.promise;
    await reading.bringAll(admissionCollections(makingRequest(making)));
    let reply = api.judgePod(making, clock());
    while (reply.kind === "consult") {
      const { calls, resume } = reply;
      reply = resume(await webhooks.askAll(calls), clock());
    }
    return verdictOfReply(reply);
  }
}
