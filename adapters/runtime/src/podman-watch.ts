import { type FSWatcher, watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "@beemesh/wire";
import { textAt } from "./answer.ts";
import type { LibpodClient } from "./libpod-client.ts";

export interface PodmanWatchOptions {
  readonly client: LibpodClient;
  /** Where conmon puts the exit code of each container, if that is known: the fastest sign. */
  readonly exitsFolder: string | undefined;
  /** Something happened to this container: it exited or is gone. */
  onContainer(id: string): void;
  /** This pod, by Podman's name, was removed by somebody. */
  onPodRemoved(name: string): void;
  /** Anything may have happened: look at everything. */
  onUnknown(): void;
  onHealth(ok: boolean, message: string): void;
}

/** Looks at everything so often, should a sign ever be lost. */
const lookMs = 15_000;

/** Waits before the events are asked for again: doubled from the first to the last. */
const againMsMin = 50;
const againMsMax = 2000;

/**
 * Notices what happens to containers: by the files that conmon writes when a container exits (at
 * once), by Podman's events (up to a quarter of a second later, which is how often Podman itself
 * looks), and by looking now and then.
 */
export class PodmanWatch {
  readonly #options: PodmanWatchOptions;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endEvents: () => void = () => {};
  #closed = false;

  constructor(options: PodmanWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#options.onUnknown(), lookMs);
    this.#timer.unref();
    this.#watchExits();
    this.#follow().catch(() => {});
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#endEvents();
  }

  #watchExits(): void {
    const folder = this.#options.exitsFolder;
    if (folder === undefined) return;
    try {
      this.#watcher = watch(folder, { persistent: false }, (_, name) => {
        // Conmon writes aside and renames: what has an ending is not finished.
        if (name !== null && /^[0-9a-f]{64}$/u.test(name)) this.#options.onContainer(name);
      });
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // The events tell the same, only later.
    }
  }

  async #follow(): Promise<void> {
    let healthy = true;
    for (let againMs = againMsMin; !this.#closed; againMs = Math.min(2 * againMs, againMsMax)) {
      try {
        const { values, end } = await this.#options.client.lines({
          method: "GET",
          path: "/events",
          query: { stream: true, filters: '{"event":["died","remove"]}' },
        });
        this.#endEvents = end;
        if (this.#closed) return end();
        if (!healthy) this.#options.onHealth(true, "Podman answers again");
        healthy = true;
        againMs = againMsMin;
        // What happened while nobody listened.
        this.#options.onUnknown();
        for await (const event of values) this.#onEvent(event);
      } catch {
        // It broke off, or never began: both are told below.
      }
      if (this.#closed) return;
      if (healthy) this.#options.onHealth(false, "Podman does not answer");
      healthy = false;
      await sleep(againMs, undefined, { ref: false });
    }
  }

  #onEvent(event: Json): void {
    const type = textAt(event, "Type");
    if (type === "container") this.#options.onContainer(textAt(event, "Actor", "ID"));
    if (type === "pod") this.#options.onPodRemoved(textAt(event, "Actor", "Attributes", "name"));
  }
}
