import type { PeerId, Stamp } from "@beemesh/wire";
import type { WriteQuestion } from "./question.ts";
import type { RecordStamp } from "./record.ts";

/** What a machine does with a write that another asks it to decide. */
export type Ruling =
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "unready" }
  | { readonly kind: "behind"; readonly records: readonly RecordStamp[] }
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
  /** The version of a part of a record that is held here. */
  readonly stampOf: (record: Omit<RecordStamp, "stamp">) => Stamp | undefined;
  /** Machines that were asked already on behalf of this question, and did not decide. */
  readonly failed: readonly PeerId[];
}

/** What is looked at of a question. */
type Asked = Pick<WriteQuestion, "isForwarded" | "unready" | "known" | "entries">;

/**
 * Rules on a question. Machines may disagree for a moment about who is there; so what comes to
 * the wrong one is passed on, but once at most.
 */
export function rule(
  { isForwarded, unready, known, entries }: Asked,
  { self, order, isReady, mayWrite, stampOf, failed }: Standing,
): Ruling {
  if (!mayWrite) {
    return { kind: "refuse", reason: "the machine that was asked may not write to the namespace" };
  }
  const isOut = (peer: PeerId): boolean => unready.includes(peer) || failed.includes(peer);
  const first = order.find((peer) => peer === self || !isOut(peer));
  if (!isForwarded && first !== undefined && first !== self) return { kind: "forward", to: first };
  if (!isReady || !order.includes(self)) return { kind: "unready" };
  // What came with the question and is not held is none that anybody believes.
  const wanted = entries.length > 0 ? [] : known;
  const lacking = wanted.filter((record) => (stampOf(record) ?? "") < record.stamp);
  return lacking.length > 0 ? { kind: "behind", records: lacking } : { kind: "decide" };
}
