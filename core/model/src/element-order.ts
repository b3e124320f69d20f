import { canonicalJson, isJsonObject, type Json } from "@beemesh/wire";

/**
 * The order that a patch wants of a list's items, and where items that it does not name go: in
 * front of the first that stood behind them before.
 */
export class ElementOrder {
  readonly #key: string;

  /** @param key - The member that names an item; empty for lists of plain values. */
  constructor(key: string) {
    this.#key = key;
  }

  /** Whether a patch lists its own items in the order that it asks for. */
  agrees(patch: readonly Json[], order: readonly Json[]): boolean {
    const places = this.#places(order);
    const wanted = patch
      .filter((item) => !isJsonObject(item) || item["$patch"] === undefined)
      .map((item) => places.get(this.#name(item)) ?? -1);
    return wanted.every((place, index) => place >= 0 && place > (wanted[index - 1] ?? -1));
  }

  /**
   * The list in the order asked for.
   *
   * @param before - The list before the patch, which gives the others their places.
   */
  arrange(list: readonly Json[], order: readonly Json[], before: readonly Json[]): readonly Json[] {
    const [wanted, stood] = [this.#places(order), this.#places(before)];
    const named = list.filter((item) => wanted.has(this.#name(item)));
    const others = list.filter((item) => !wanted.has(this.#name(item)));
    const ordered = this.#sorted(named, wanted);
    const arranged: Json[] = [];
    let taken = 0;
    for (const other of this.#sorted(others, stood)) {
      const place = this.#placeIn(stood, other) ?? Number.POSITIVE_INFINITY;
      while (taken < ordered.length && (this.#placeIn(stood, ordered[taken]) ?? -1) <= place) {
        arranged.push(...ordered.slice(taken, taken + 1));
        taken += 1;
      }
      arranged.push(other);
    }
    return [...arranged, ...ordered.slice(taken)];
  }

  #placeIn(places: ReadonlyMap<string, number>, item: Json | undefined): number | undefined {
    return places.get(this.#name(item ?? null));
  }

  #sorted(list: readonly Json[], places: ReadonlyMap<string, number>): Json[] {
    const placeOf = (item: Json): number => places.get(this.#name(item)) ?? places.size;
    return list.toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  #places(list: readonly Json[]): ReadonlyMap<string, number> {
    return new Map(list.map((item, index) => [this.#name(item), index]));
  }

  #name(item: Json): string {
    return canonicalJson(isJsonObject(item) && this.#key !== "" ? item[this.#key] : item);
  }
}
