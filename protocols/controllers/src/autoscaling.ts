import { elapsedMs, type Instant } from "@beemesh/base";
import { ScalingHistory } from "./scaling-history.ts";

/** How often an autoscaler looks at what its pods use; Kubernetes' own default. */
export const syncMs = 15_000;

/** What has not been measured by then is missing. */
const answerMsMax = 5000;

interface Memory {
  readonly key: string;
  readonly history: ScalingHistory;
  /** When the machines were asked for the next look, and whether they have answered. */
  asked: { readonly at: Instant; readonly isAnswered: boolean } | undefined;
  lookedAt: Instant | undefined;
}

/** What this machine remembers of the autoscalers that it acts for. */
export class Autoscaling {
  readonly #memories = new Map<string, Memory>();

  /** How long nothing is to be done about an autoscaler. */
  restMs(uid: string, at: Instant): number {
    const lookedAt = this.#memories.get(uid)?.lookedAt;
    return lookedAt === undefined ? 0 : Math.max(0, syncMs - elapsedMs(lookedAt, at));
  }

  /** How long to wait for machines that were asked; undefined if none were. */
  waitMs(uid: string, at: Instant): number | undefined {
    const asked = this.#memories.get(uid)?.asked;
    if (asked === undefined) return undefined;
    return asked.isAnswered ? 0 : Math.max(0, answerMsMax - elapsedMs(asked.at, at));
  }

  /** Machines were asked for an autoscaler. */
  ask(uid: string, key: string, at: Instant): void {
    this.#memoryOf(uid, key).asked = { at, isAnswered: false };
  }

  /** They have answered. Gives the key of the autoscaler, if it still waits for them. */
  answered(uid: string): string | undefined {
    const memory = this.#memories.get(uid);
    if (memory?.asked === undefined) return undefined;
    memory.asked = { ...memory.asked, isAnswered: true };
    return memory.key;
  }

  /** An autoscaler is looked at now. Gives what happened to its workload before. */
  looked(uid: string, key: string, at: Instant): ScalingHistory {
    const memory = this.#memoryOf(uid, key);
    memory.lookedAt = at;
    memory.asked = undefined;
    return memory.history;
  }

  forget(uid: string): void {
    this.#memories.delete(uid);
  }

  #memoryOf(uid: string, key: string): Memory {
    const known = this.#memories.get(uid);
    if (known !== undefined) return known;
    const made: Memory = {
      key,
      history: new ScalingHistory(),
      asked: undefined,
      lookedAt: undefined,
    };
    this.#memories.set(uid, made);
    return made;
  }
}
