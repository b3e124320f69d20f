import { standInOf } from "@beemesh/workload";

/** Names that have an address here at one time: a quarter of the addresses that there are. */
const namesMax = 16_384;

/** Addresses that are tried for a name before it takes one from another name. */
const triesMax = 16;

/**
 * Addresses for names outside the mesh, which programs resolve before they call: the name decides
 * the address, unless another name has it already. Of too many, the longest unused go.
 */
export class StandIns {
  readonly #addresses = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** The address of a name, from now on. */
  addressOf(name: string): string {
    const known = this.#addresses.get(name);
    const address = known ?? this.#choose(name);
    this.#forget(name);
    const holder = this.#names.get(address);
    if (holder !== undefined) this.#forget(holder);
    this.#addresses.set(name, address);
    this.#names.set(address, name);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > namesMax && oldest !== undefined) this.#forget(oldest);
    return address;
  }

  /** The name that an address stands in for. */
  nameOf(address: string): string | undefined {
    return this.#names.get(address);
  }

  get size(): number {
    return this.#names.size;
  }

  #choose(name: string): string {
    for (let seed = 0; seed < triesMax; seed += 1) {
      const address = standInOf("name", name, seed);
      if (!this.#names.has(address)) return address;
    }
    return standInOf("name", name);
  }

  #forget(name: string): void {
    const address = this.#addresses.get(name);
    if (address === undefined) return;
    this.#addresses.delete(name);
    this.#names.delete(address);
  }
}
