import type { PlainStream } from "@beemesh/kernel";
import { Http2Connection, type Http2ConnectionOptions } from "./http2-connection.ts";
import type { Http2 } from "./http2-limits.ts";
import { Http2Pool } from "./http2-pool.ts";
import type { Pool } from "./pool.ts";
import { StreamDuplex } from "./stream-duplex.ts";

type ConnectionOptions = Omit<Http2ConnectionOptions, "pool" | "onDone">;

/** The connections of the pod's programs that speak HTTP/2 to services. */
export class Http2Outbound {
  readonly #carriers: Pool;
  readonly #connections = new Set<Http2Connection>();
  /** Not there before somebody speaks HTTP/2: Node's module takes 5 MB. */
  #loaded: Promise<{ readonly http2: Http2; readonly pool: Http2Pool }> | undefined;
  #isClosed = false;

  constructor(carriers: Pool) {
    this.#carriers = carriers;
  }

  /**
   * Takes a paused connection that begins with HTTP/2's preface.
   *
   * @param first - What was read of it already.
   */
  async take(app: PlainStream, first: Uint8Array, options: ConnectionOptions): Promise<void> {
    this.#loaded ??= this.#load();
    const { http2, pool } = await this.#loaded;
    if (!app.isOpen || this.#isClosed) {
      app.destroy();
      return;
    }
    const duplex = new StreamDuplex(app, first);
    const connection = new Http2Connection(http2, duplex, { ...options, pool }, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.destroy();
    void this.#loaded?.then(({ pool }) => pool.close());
  }

  async #load(): Promise<{ readonly http2: Http2; readonly pool: Http2Pool }> {
    const http2 = await import("node:http2");
    return { http2, pool: new Http2Pool(http2, this.#carriers) };
  }
}
