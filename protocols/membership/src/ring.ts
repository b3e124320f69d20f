import { hashOf } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";

/** Positions lie from 0 up to, not including, this. */
export const ringSize = 2 ** 53;

/**
 * Machines in a circle, ordered by the hash of their ids: who knows the same machines agrees on
 * who stands next to whom, and a machine that comes or goes concerns only those around it.
 *
 * A sorted list: finding is logarithmic, inserting moves a block of memory.
 */
export class Ring {
  readonly #positions: number[] = [];
  readonly #ids: PeerId[] = [];
  /** How often machines came and went. */
  #version = 0;

  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#ids.length;
  }

  has(id: PeerId): boolean {
    return this.#ids[this.#indexOf(id)] === id;
  }

  add(id: PeerId): void {
    const position = hashOf(id);
    const index = this.#indexOf(id, position);
    if (this.#ids[index] === id) return;
    this.#version += 1;
    this.#positions.splice(index, 0, position);
    this.#ids.splice(index, 0, id);
  }

  remove(id: PeerId): void {
    const index = this.#indexOf(id);
    if (this.#ids[index] !== id) return;
    this.#version += 1;
    this.#positions.splice(index, 1);
    this.#ids.splice(index, 1);
  }

  /** Up to `count` machines that follow `id`, nearest first, without `id` itself. */
  after(id: PeerId, count: number): PeerId[] {
    const start = this.#indexOf(id);
    return this.#walk(this.#ids[start] === id ? start + 1 : start, 1, { without: id, count });
  }

  /** Up to `count` machines that precede `id`, nearest first, without `id` itself. */
  before(id: PeerId, count: number): PeerId[] {
    return this.#walk(this.#indexOf(id) - 1, -1, { without: id, count });
  }

  /** The machine at an index from 0 up to {@link size}, in ring order. */
  at(index: number): PeerId | undefined {
    return this.#ids[index];
  }

  /** The machines with positions from `low` up to, not including, `high`. */
  within(low: number, high: number): readonly PeerId[] {
    return this.#ids.slice(this.#firstAt(low), this.#firstAt(high));
  }

  #walk(
    start: number,
    step: 1 | -1,
    { without, count }: { readonly without: PeerId; readonly count: number },
  ): PeerId[] {
    const found: PeerId[] = [];
    const size = this.#ids.length;
    for (let taken = 0; taken < size && found.length < count; taken += 1) {
      const id = this.#ids[(((start + step * taken) % size) + size) % size];
      if (id !== undefined && id !== without) found.push(id);
    }
    return found;
  }

  /** Where `id` stands, or would be inserted. Equal positions are ordered by id. */
  #indexOf(id: PeerId, position = hashOf(id)): number {
    let index = this.#firstAt(position);
    while (this.#positions[index] === position && (this.#ids[index] ?? "") < id) index += 1;
    return index;
  }

  /** The first index whose position is not below `position`. */
  #firstAt(position: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? ringSize) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
