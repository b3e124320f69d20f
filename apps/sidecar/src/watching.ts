import { instantAt, type Now, type Random } from "@beemesh/base";
import type { Opening } from "@beemesh/carrier";
import {
  parseWatchMessage,
  ReplicaWatch,
  type WatchEffect,
  type WatchEvent,
  type WatchMessage,
  watchMessageText,
} from "@beemesh/replicas";
import type { Endpoint } from "@beemesh/workload";
import { Carrier, type CarrierUser } from "./carrier.ts";
import type { Channel } from "./channel.ts";
import type { Meters } from "./metrics.ts";
import type { Pool } from "./pool.ts";

export interface WatchingOptions {
  readonly channel: Pick<Channel, "tell">;
  readonly pool: Pick<Pool, "take" | "onIdle">;
  readonly meters: Meters;
  readonly random: Random;
}

/** Words on their way at once: a watch says a few in a second, whatever there are of replicas. */
const deliveriesMax = 32;

/**
 * A word that has not been taken after so long is given up, and its carrier with it: the other end
 * is gone, or as good as gone. A watch doubts much sooner, and believes a late answer.
 */
const deliveryMsMax = 4000;

/** A sign of life says nothing new so soon after another. */
const heardMs = 500;

/** Bytes of one message, which has at most a kilobyte of text. */
const messageBytesMax = 1024;

const none: CarrierUser = {
  onAccepted: () => {},
  onRefused: () => {},
  onData: () => {},
  onEnd: () => {},
  onReset: () => {},
  onOver: () => {},
  onDrain: () => {},
};

/**
 * This sidecar's watch over the other replicas of its workload: what stands between the state
 * machine and the world. Its words go over the carriers that connections go over, so that whoever
 * cannot be called is missed, too.
 */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #watch: ReplicaWatch;
  #replicas: ReadonlyMap<string, Endpoint> = new Map();
  /** When each replica was last heard, in milliseconds of the monotonic clock. */
  readonly #heardAt = new Map<string, number>();
  readonly #deliveries = new Set<NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
    this.#watch = new ReplicaWatch({ random: options.random });
    const { meters } = options;
    for (const standing of ["alive", "doubted", "lost"] as const) {
      const read = (): number => this.#watch.counts()[standing];
      meters.gauge("beemesh_workload_replicas", { standing }, read);
    }
  }

  /** The machine says who the replicas of the workload are. */
  regard(self: string, workload: string, replicas: readonly Endpoint[]): void {
    this.#replicas = new Map(replicas.map((replica) => [replica.uid, replica]));
    for (const uid of this.#heardAt.keys()) if (!this.#replicas.has(uid)) this.#heardAt.delete(uid);
    this.#step({ kind: "replicas", workload, self, replicas });
  }

  /** A connection came from a pod, or was made to it. */
  heard(uid: string): void {
    if (!this.#replicas.has(uid)) return;
    const nowMs = performance.now();
    if (nowMs - (this.#heardAt.get(uid) ?? -Infinity) < heardMs) return;
    this.#heardAt.set(uid, nowMs);
    this.#step({ kind: "heard", uid });
  }

  /** Takes the word of another replica, which the machine has let in. */
  receive(carrier: Carrier, from: string): void {
    let text = "";
    carrier.use({
      ...none,
      onData: (bytes) => {
        if (text.length + bytes.length > messageBytesMax) carrier.reset();
        else text += Buffer.from(bytes).toString("latin1");
      },
      onEnd: () => {
        carrier.end();
        const message = parseWatchMessage(text);
        if (message !== undefined) this.#step({ kind: "message", from, message });
      },
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const timer of this.#deliveries) clearTimeout(timer);
    this.#deliveries.clear();
  }

  #step(event: WatchEvent): void {
    if (this.#isClosed) return;
    for (const effect of this.#watch.step(event, now())) this.#perform(effect);
  }

  #perform(effect: WatchEffect): void {
    const { channel, meters } = this.#options;
    switch (effect.kind) {
      case "probe":
      case "send":
        void this.#bring(effect);
        return;
      case "lost":
        channel.tell({ kind: "lost", uids: effect.uids });
        return;
      case "wake":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
          () => this.#step({ kind: "tick" }),
          Math.max(0, Math.ceil(effect.at - performance.now())),
        );
        return;
      case "observe":
        meters.count("beemesh_workload_replica_changes_total", { event: effect.event });
    }
  }

  async #bring({ kind, uid, message }: WatchEffect & { kind: "probe" | "send" }): Promise<void> {
    const isTaken = await this.#isTaken(uid, message);
    if (kind === "probe") this.#step({ kind: "probed", uid, ok: isTaken });
  }

  /** Whether the other sidecar has answered: that it refuses the word is a sign of life as well. */
  async #isTaken(uid: string, message: WatchMessage): Promise<boolean> {
    const endpoint = this.#replicas.get(uid);
    if (endpoint === undefined || this.#deliveries.size >= deliveriesMax) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const delivery = { isOver: false, carrier: none as CarrierUser | Carrier };
    const end = (isTaken: boolean): void => {
      if (delivery.isOver) return;
      delivery.isOver = true;
      clearTimeout(timer);
      this.#deliveries.delete(timer);
      resolve(isTaken);
    };
    const timer = setTimeout(() => {
      if (delivery.carrier instanceof Carrier) delivery.carrier.destroy();
      end(false);
    }, deliveryMsMax);
    this.#deliveries.add(timer);
    const { pool } = this.#options;
    void pool.take(endpoint, true).then((carrier) => {
      if (!(carrier instanceof Carrier) || !carrier.isIdle) return end(false);
      if (delivery.isOver) return pool.onIdle(carrier);
      delivery.carrier = carrier;
      return say(carrier, endpoint, message, end);
    });
    return promise;
  }
}

/** Opens, speaks and ends at once: one way there, and one back. */
function say(
  carrier: Carrier,
  { port }: Endpoint,
  message: WatchMessage,
  end: (isTaken: boolean) => void,
): void {
  const opening: Opening = { protocol: "watch", port, service: "", traceparent: "" };
  carrier.open(opening, {
    ...none,
    onAccepted: () => end(true),
    onRefused: () => end(true),
    onReset: () => end(false),
  });
  carrier.send(Buffer.from(watchMessageText(message), "latin1"));
  carrier.end();
}

function now(): Now {
  return { at: instantAt(performance.now()), wallMs: Date.now() };
}
