import type { PeerId } from "./peer.ts";

declare const stamp: unique symbol;

/**
 * A moment of the mesh: a hybrid logical clock reading and the machine that made it, as text
 * that sorts in time order by plain string comparison.
 *
 *     0mcb8dgk3 00f .12D3KooW…
 *     │         │   └ machine: breaks ties, so that no two stamps are equal
 *     │         └ counter, base 36, 3 digits: readings within one millisecond
 *     └ milliseconds since 1970, base 36, 9 digits
 *
 * Source: Kulkarni et al., "Logical Physical Clocks", 2014.
 */
export type Stamp = string & { readonly [stamp]: true };

/** The parts that a {@link Stamp} is made of. */
export interface StampParts {
  readonly wallMs: number;
  /** 0 to 46,655. */
  readonly counter: number;
  readonly machine: PeerId;
}

/** Readings that fit into one millisecond; a clock that needs more borrows the next one. */
export const stampCounterMax = 36 ** 3 - 1;

const stampPattern = /^[0-9a-z]{9}[0-9a-z]{3}\.[A-Za-z0-9-]{1,64}$/u;

/** Writes a stamp. `wallMs` is a whole number from 0 to 36^9 - 1, `counter` to the maximum. */
export function formatStamp({ wallMs, counter, machine }: StampParts): Stamp {
  const text = `${base36(wallMs, 9)}${base36(counter, 3)}.${machine}`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place it is made
  return text as Stamp;
}

/** Reads a stamp that was made by {@link formatStamp} or accepted by {@link isStamp}. */
export function readStamp(text: Stamp): StampParts {
  return {
    wallMs: Number.parseInt(text.slice(0, 9), 36),
    counter: Number.parseInt(text.slice(9, 12), 36),
    machine: text.slice(13),
  };
}

/** Whether text from outside is a stamp. */
export function isStamp(text: unknown): text is Stamp {
  return typeof text === "string" && stampPattern.test(text);
}

function base36(value: number, digits: number): string {
  return value.toString(36).padStart(digits, "0");
}
