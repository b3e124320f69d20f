import type { ProgramSite, Sidecars } from "@beemesh/runtime";

/**
 * The sidecars of the programs outside containers of this machine. What is asked for one uid is
 * done in that order: a sidecar that is going does not take its successor with it.
 */
export class ProgramSidecars {
  readonly #sidecars: Pick<Sidecars, "keep" | "drop" | "sweep">;
  /** Which are wanted, by uid. */
  readonly #wanted = new Map<string, ProgramSite>();
  /** What stands: it lags behind what is wanted while a sidecar goes. */
  readonly #standing = new Map<string, ProgramSite>();
  readonly #working = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(sidecars: Pick<Sidecars, "keep" | "drop" | "sweep">) {
    this.#sidecars = sidecars;
  }

  /** Wants a sidecar for a program, in place of one that leads elsewhere or is somebody else. */
  keep({ uid, address, serviceAccount, reaches }: ProgramSite): void {
    this.#wanted.set(uid, { uid, address, serviceAccount, reaches });
    this.#settle(uid);
  }

  /** Wants none any more. */
  drop(uid: string): void {
    this.#wanted.delete(uid);
    this.#settle(uid);
  }

  /** Ends those of earlier lives that nobody wants. To be called when all programs are known. */
  async sweep(): Promise<void> {
    if (!this.#isClosed && this.#working.size === 0) await this.#sidecars.sweep();
  }

  /** Does nothing any more; what stands goes on, for the next daemon to take over. */
  close(): void {
    this.#isClosed = true;
  }

  #settle(uid: string): void {
    if (this.#working.has(uid)) return;
    const working = this.#work(uid).finally(() => this.#working.delete(uid));
    this.#working.set(uid, working);
    // What could not be ended is ended by the next sweep.
    working.catch(() => undefined);
  }

  async #work(uid: string): Promise<void> {
    // A change of a program is told as its end and its beginning: that is nothing to do.
    await Promise.resolve();
    while (!this.#isClosed && !isSame(this.#standing.get(uid), this.#wanted.get(uid))) {
      const site = this.#wanted.get(uid);
      if (this.#standing.has(uid)) {
        this.#standing.delete(uid);
        await this.#sidecars.drop(uid);
      } else if (site !== undefined) {
        this.#standing.set(uid, site);
        this.#sidecars.keep(site);
      }
    }
  }
}

function isSame(one: ProgramSite | undefined, other: ProgramSite | undefined): boolean {
  return (
    one?.address === other?.address &&
    one?.serviceAccount === other?.serviceAccount &&
    one?.reaches.join(" ") === other?.reaches.join(" ")
  );
}
