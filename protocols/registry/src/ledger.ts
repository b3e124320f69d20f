import type { Entry } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import type { Held } from "./held.ts";

/**
 * Collects what one step does, and brings it into order: whatever is sent or told rests on what
 * was persisted before.
 */
export class Ledger {
  #persists: Entry[] = [];
  #drops: Held[] = [];
  #effects: RegistryEffect[] = [];

  persist(entry: Entry): void {
    this.#persists.push(entry);
  }

  drop(held: Held): void {
    this.#drops.push(held);
  }

  emit(effect: RegistryEffect): void {
    this.#effects.push(effect);
  }

  /** All effects since it was last asked. */
  take(): RegistryEffect[] {
    const effects: RegistryEffect[] = [];
    if (this.#persists.length > 0) effects.push({ kind: "persist", entries: this.#persists });
    if (this.#drops.length > 0) {
      effects.push({ kind: "drop", keys: this.#drops.map(({ key }) => key) });
      effects.push({ kind: "forgotten", entries: this.#drops.map(({ entry }) => entry) });
    }
    for (const effect of this.#effects) effects.push(effect);
    this.#persists = [];
    this.#drops = [];
    this.#effects = [];
    return effects;
  }
}
