import type { PeerId } from "@beemesh/wire";
import { asksMax, waitsMax } from "./limits.ts";

/** What the asked machine does next with a write. */
export type Step =
  | { readonly kind: "ask"; readonly peer: PeerId }
  /** Nobody can decide yet: all are asked again in a moment. */
  | { readonly kind: "wait" }
  /** Decides it itself; as the last, there is nobody else to ask. */
  | { readonly kind: "decide"; readonly isLast: boolean }
  /** Nobody can say whether the write was done, and it must not be done twice. */
  | { readonly kind: "give-up" };

/** Who could decide, as things stand. */
export interface Bench {
  /** The live machines that may, the one that decides first of all first. */
  readonly order: readonly PeerId[];
  /** Whether this machine knows what it would have to know. */
  readonly isReady: boolean;
}

/** Why a machine gave no decision. */
export type Failure =
  /** It said that it cannot. */
  | "unready"
  /** The question never went out. */
  | "unreachable"
  /** It may have decided, and its answer is lost. */
  | "lost";

/**
 * One write that looks for its decider: the first living keeper of its collection, the next if
 * that one does not answer, and in the end the machine itself.
 *
 *     next ─▶ ask ─▶ answered
 *      ▲       └───▶ fail ─┐
 *      └───────────────────┘
 */
export class Inquiry {
  readonly #self: PeerId;
  readonly #mayRepeat: boolean;
  readonly #failures = new Map<PeerId, { readonly how: Failure; readonly mark: number }>();
  #asks = 0;
  #waits = 0;

  /** @param mayRepeat - Whether doing the write a second time changes nothing more. */
  constructor(self: PeerId, mayRepeat: boolean) {
    this.#self = self;
    this.#mayRepeat = mayRepeat;
  }

  /** Machines that said that they cannot decide. */
  get unready(): readonly PeerId[] {
    return [...this.#failures].flatMap(([peer, { how }]) => (how === "unready" ? [peer] : []));
  }

  /** Whether a machine that should have decided was not to be reached. */
  get hasMissed(): boolean {
    return [...this.#failures.values()].some(({ how }) => how !== "unready");
  }

  /** What to do now. */
  next({ order, isReady }: Bench): Step {
    const isInDoubt = [...this.#failures.values()].some(({ how }) => how === "lost");
    if (isInDoubt && !this.#mayRepeat) return { kind: "give-up" };
    const others = order.filter((peer) => peer !== this.#self && !this.#failures.has(peer));
    const [next] = others;
    if (next === undefined || this.#asks >= asksMax) return this.#atTheEnd(isReady);
    const rank = order.indexOf(this.#self);
    const isFirst = rank >= 0 && rank < order.indexOf(next);
    const isOut = this.#failures.has(this.#self);
    if (isFirst && isReady && !isOut) return { kind: "decide", isLast: false };
    // Whoever does not know yet what there is leaves it to the next.
    if (isFirst) this.fail(this.#self, "unready");
    this.#asks += 1;
    return { kind: "ask", peer: next };
  }

  /** Takes note that a machine gave no decision. `mark` says when, in the caller's own count. */
  fail(peer: PeerId, how: Failure, mark = 0): void {
    this.#failures.set(peer, { how, mark });
  }

  /** When a machine failed last; undefined if it did not. */
  failedAt(peer: PeerId): number | undefined {
    return this.#failures.get(peer)?.mark;
  }

  /** A machine may be asked again: something was heard of it since. */
  forgive(peer: PeerId): void {
    this.#failures.delete(peer);
  }

  /** Nobody is left to ask: those who were not ready are asked once more, or it is done here. */
  #atTheEnd(isReady: boolean): Step {
    const { unready } = this;
    const others = unready.filter((peer) => peer !== this.#self);
    const isOver = this.#waits >= waitsMax || this.#asks >= asksMax;
    const isOut = this.#failures.has(this.#self);
    if (isOver || (others.length === 0 && (isReady || !isOut))) {
      return { kind: "decide", isLast: true };
    }
    this.#waits += 1;
    for (const peer of unready) this.forgive(peer);
    return { kind: "wait" };
  }
}

/**
 * Whether doing a write twice comes to the same as doing it once. What is created has its uid
 * from the request and is known again; what is replaced, merged or deleted is so a second time.
 * Only the steps of a JSON patch may add to what they have added.
 */
export function isRepeatable({
  method,
  contentType,
}: {
  readonly method: string;
  readonly contentType: string;
}): boolean {
  return method !== "PATCH" || !contentType.toLowerCase().includes("json-patch");
}
