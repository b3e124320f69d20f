/** Clients that are remembered: of more, who came longest ago may be served by another pod. */
const clientsMax = 4096;

/** Which pod has served which client, for Services whose clients stay with one. */
export class ClientBook {
  /** The one that came last comes last. */
  readonly #served = new Map<string, { readonly uid: string; readonly atMs: number }>();

  get size(): number {
    return this.#served.size;
  }

  /** The pod that served a client last, if that was not before a time; empty for none. */
  uidOf(client: string, sinceMs: number): string {
    const known = this.#served.get(client);
    return known !== undefined && known.atMs >= sinceMs ? known.uid : "";
  }

  note(client: string, uid: string, atMs: number): void {
    this.#served.delete(client);
    this.#served.set(client, { uid, atMs });
    const [oldest] = this.#served.keys();
    if (this.#served.size > clientsMax && oldest !== undefined) this.#served.delete(oldest);
  }
}
