import { after, elapsedMs, type Instant } from "@beemesh/base";

/** A pod that no machine took is offered again after 1 s, doubled to 30 s. */
const retryMsFirst = 1000;
const retryMsMax = 30_000;

/** An auction widens and ends long before; whoever was to report may have forgotten. */
const answerMsMax = 10_000;

interface Offer {
  readonly key: string;
  readonly tries: number;
  readonly openedAt: Instant | undefined;
  readonly notBefore: Instant;
}

/** Which pods this machine has offered, and when it may again. */
export class Scheduling {
  readonly #offers = new Map<string, Offer>();

  /** 0 if the pod may be offered now, else how long not. */
  waitMs(uid: string, at: Instant): number {
    const offer = this.#offers.get(uid);
    if (offer === undefined) return 0;
    const until =
      offer.openedAt === undefined ? offer.notBefore : after(offer.openedAt, answerMsMax);
    return Math.max(0, elapsedMs(at, until));
  }

  /** How often the pod was offered in vain. */
  triesOf(uid: string): number {
    return this.#offers.get(uid)?.tries ?? 0;
  }

  opened(uid: string, key: string, at: Instant): void {
    const { tries, openedAt } = this.#offers.get(uid) ?? { tries: 0, openedAt: undefined };
    // An offer that was never answered counts as one in vain.
    const next = openedAt === undefined ? tries : tries + 1;
    this.#offers.set(uid, { key, tries: next, openedAt: at, notBefore: at });
  }

  /** No machine took it. Gives the key of the pod, if it was offered here. */
  failed(uid: string, at: Instant): string | undefined {
    const offer = this.#offers.get(uid);
    if (offer === undefined) return undefined;
    const waitMs = Math.min(retryMsMax, retryMsFirst * 2 ** offer.tries);
    const notBefore = after(at, waitMs);
    this.#offers.set(uid, { ...offer, tries: offer.tries + 1, openedAt: undefined, notBefore });
    return offer.key;
  }

  /** It has a machine, or is no more. */
  forget(uid: string): void {
    this.#offers.delete(uid);
  }
}
