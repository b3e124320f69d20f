import { elapsedMs, type Instant, type Now } from "@beemesh/base";
import type { Introductions } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { certificatesPerMessageMax, introduceAgainMs, strangersMax } from "./limits.ts";

export interface AcquaintanceOptions {
  /** Without it every author counts as known. */
  readonly introductions: Introductions | undefined;
  readonly emit: (effect: RegistryEffect) => void;
}

/**
 * Gets to know the authors of entries that were never met, such as machines that died before this
 * one joined: whoever passes their entries on has checked them, and so has their certificates.
 *
 *     entry of a stranger ──▶ r.who to who sent it ──▶ r.intro ──▶ the entry comes again
 *
 * A certificate proves itself, so it does not matter who shows it.
 */
export class Acquaintance {
  readonly #options: AcquaintanceOptions;
  /** When each stranger was last asked about; the oldest first. */
  readonly #askedAt = new Map<PeerId, Instant>();

  constructor(options: AcquaintanceOptions) {
    this.#options = options;
  }

  knows(author: PeerId): boolean {
    return this.#options.introductions?.knows(author) ?? true;
  }

  /** Asks the machine that passed entries of strangers on who they are. */
  ask(from: PeerId, strangers: ReadonlySet<PeerId>, now: Now): void {
    const due = [...strangers].filter((stranger) => this.#isDue(stranger, now.at));
    const asked = due.slice(0, certificatesPerMessageMax);
    for (const stranger of asked) this.#note(stranger, now.at);
    if (asked.length === 0) return;
    this.#options.emit({ kind: "send", to: from, message: { k: "r.who", a: asked } });
  }

  /** Answers with the certificates that are known here. */
  answer(to: PeerId, authors: readonly PeerId[]): void {
    const { introductions, emit } = this.#options;
    const certificates = authors
      .slice(0, certificatesPerMessageMax)
      .map((author) => introductions?.certificateOf(author))
      .filter((certificate) => certificate !== undefined);
    if (certificates.length === 0) return;
    emit({ kind: "send", to, message: { k: "r.intro", x: certificates } });
  }

  /** Takes certificates in. Returns whether somebody is known now who was not. */
  meet(from: PeerId, certificates: readonly string[]): boolean {
    const { introductions, emit } = this.#options;
    const isMet = certificates.map((certificate) => introductions?.introduce(certificate) ?? false);
    const count = isMet.filter(Boolean).length;
    const facts = { peer: from, met: count };
    emit({ kind: "observe", event: "registry.introduced", facts });
    return count > 0;
  }

  #isDue(stranger: PeerId, at: Instant): boolean {
    const askedAt = this.#askedAt.get(stranger);
    return askedAt === undefined || elapsedMs(askedAt, at) >= introduceAgainMs;
  }

  #note(stranger: PeerId, at: Instant): void {
    this.#askedAt.delete(stranger);
    this.#askedAt.set(stranger, at);
    const [oldest] = this.#askedAt.keys();
    if (this.#askedAt.size > strangersMax && oldest !== undefined) this.#askedAt.delete(oldest);
  }
}
