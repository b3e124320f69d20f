import type { Socket } from "node:net";

/** Bytes on the wire, as the sockets count them. */
export interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Counts what TCP connections carry, without being in their way. QUIC is not counted. */
export class Meter {
  readonly #sockets = new Set<Socket>();
  #bytesIn = 0;
  #bytesOut = 0;

  /** Counts a connection from here to its end. */
  watch(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#bytesIn += socket.bytesRead;
      this.#bytesOut += socket.bytesWritten;
    });
  }

  read(): Traffic {
    let [bytesIn, bytesOut] = [this.#bytesIn, this.#bytesOut];
    for (const socket of this.#sockets) {
      bytesIn += socket.bytesRead;
      bytesOut += socket.bytesWritten;
    }
    return { bytesIn, bytesOut };
  }
}
