import type { PeerId, Stamp } from "@beemesh/wire";
import type { WriteQuestion } from "./question.ts";
import type { RecordStamp } from "./record.ts";

/** What a machine does with a write that another asks it to decide. */
export type Ruling =
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "unready" }
  | { readonly kind: "forward"; readonly to: PeerId }
  | { readonly kind: "decide" };

/** What a ruling rests on. */
export interface Standing {
  readonly self: PeerId;
  /** The live machines that may decide, the one that decides first of all first. */
  readonly order: readonly PeerId[];
  /** Whether this machine knows what it has to know to decide. */
  readonly isReady: boolean;
  /** Whether the asker may write to the namespace, by its certificate. */
  readonly mayWrite: boolean;
  /** Machines that were asked already on behalf of this question, and did not decide. */
  readonly failed: readonly PeerId[];
}

/**
 * What the asker knows to be newer than it is here, such as the definition of what it writes: it
 * is to be sent before anything else is looked at. What came with the question and is not held
 * is none that anybody believes.
 *
 * @param stampOf - The version of a part of a record that is held here.
 */
export function lackingOf(
  { known, entries }: Pick<WriteQuestion, "known" | "entries">,
  stampOf: (record: Omit<RecordStamp, "stamp">) => Stamp | undefined,
): readonly RecordStamp[] {
  if (entries.length > 0) return [];
  return known.filter((record) => (stampOf(record) ?? "") < record.stamp);
}

/**
 * Rules on a question. Machines may disagree for a moment about who is there; so what comes to
 * the wrong one is passed on, but once at most.
 */
export function rule(
  { isForwarded, unready }: Pick<WriteQuestion, "isForwarded" | "unready">,
  { self, order, isReady, mayWrite, failed }: Standing,
): Ruling {
  if (!mayWrite) {
    return { kind: "refuse", reason: "the machine that was asked may not write to the namespace" };
  }
  const isOut = (peer: PeerId): boolean => unready.includes(peer) || failed.includes(peer);
  const first = order.find((peer) => peer === self || !isOut(peer));
  if (!isForwarded && first !== undefined && first !== self) return { kind: "forward", to: first };
  return isReady && order.includes(self) ? { kind: "decide" } : { kind: "unready" };
}
