import type { Stamp } from "@beemesh/wire";
import type { Violation } from "./sight.ts";

/** A client has read a version, asked that it be replaced, and was told that it is. */
export interface Replacement {
  readonly name: string;
  /** The replacing write's own number. */
  readonly number: number;
  /** The version that was read. */
  readonly base: Stamp;
  readonly askedMs: number;
  readonly toldMs: number;
}

/** A time in which the mesh was not one; without an end if it still is not. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Of those who replace the version that they have read one succeeds: no two clients are told
 * that they have replaced the same. Where the mesh was cut while they asked nobody promises that.
 */
export class Preconditions {
  readonly #replacements = new Map<string, Replacement[]>();

  /** Takes note of what a client was told. */
  add(replacement: Replacement): void {
    const { name, base } = replacement;
    const key = `${name} ${base}`;
    const known = this.#replacements.get(key) ?? [];
    this.#replacements.set(key, [...known, replacement]);
  }

  /** Versions that were replaced. */
  get count(): number {
    return this.#replacements.size;
  }

  /** @param cuts - When the mesh was not one. */
  violations(cuts: readonly Span[]): readonly Violation[] {
    return [...this.#replacements.values()].flatMap((all): Violation[] => {
      const [first, second] = all;
      if (first === undefined || second === undefined) return [];
      const fromMs = Math.min(...all.map(({ askedMs }) => askedMs));
      const untilMs = Math.max(...all.map(({ toldMs }) => toldMs));
      if (cuts.some((cut) => cut.fromMs <= untilMs && cut.untilMs >= fromMs)) return [];
      const numbers = all.map(({ number }) => number).join(" and ");
      const message = `${numbers} have replaced the same version of ${first.name}`;
      return [{ invariant: "preconditions", message }];
    });
  }
}
