import type { Duplex } from "node:stream";
import type { PeerId } from "@beemesh/wire";
import { splice } from "../splice.ts";
import type { Attendant } from "./attendant.ts";
import { readPreambleOf } from "./preamble-reader.ts";
import { type IncomingConnection, workloadPortLimits } from "./workload-port.ts";

export interface IncomingOptions {
  readonly attendantOf: (uid: string) => Pick<Attendant, "bring"> | undefined;
  /** A way to a sidecar that bytes are carried through, if its descriptor queue is full. */
  readonly carry: (uid: string) => Promise<Duplex>;
  readonly onTurnedAway: (cause: string) => void;
}

/** Brings what comes from other machines to the sidecars of this one. */
export class Incoming {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** A connection at the workload port: handed over, or carried if that cannot be. */
  async take({ uid, socket, held }: IncomingConnection): Promise<void> {
    const attendant = this.#options.attendantOf(uid);
    if (attendant !== undefined && (await attendant.bring(held))) return;
    held.reclaim();
    await this.#carry(uid, socket, held.bytes);
  }

  /** A stream of the mesh, from a machine that cannot reach this one's port. */
  takeStream(_peer: PeerId, stream: Duplex): void {
    readPreambleOf(stream, workloadPortLimits.preambleMsMax, (found) => {
      if (typeof found === "string") {
        stream.destroy();
        this.#options.onTurnedAway(found);
      } else void this.#carry(found.uid, stream, found.rest);
    });
  }

  async #carry(uid: string, outside: Duplex, read: Uint8Array): Promise<void> {
    try {
      const inside = await this.#options.carry(uid);
      inside.on("error", () => inside.destroy());
      if (outside.destroyed) inside.destroy();
      else {
        if (read.length > 0) inside.write(read);
        splice(outside, inside);
      }
    } catch {
      outside.destroy();
      this.#options.onTurnedAway("absent");
    }
  }
}
