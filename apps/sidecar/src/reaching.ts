import { getSystemErrorName } from "node:util";
import { BeeError } from "@beemesh/base";
import { type PlainStream, StreamListener, socketAddress } from "@beemesh/kernel";
import type { Answer } from "./channel.ts";
import type { Refusals } from "./refusals.ts";

/** A Service that a program in no pod calls by a port of its own machine. */
interface Reach {
  /** Loopback. */
  readonly address: string;
  readonly listenPort: number;
  /** The Service's whole name, such as `redis.cache.svc.cluster.local`. */
  readonly name: string;
  readonly port: number;
}

export interface ReachingOptions {
  /** `127.0.0.1:16379=redis.cache.svc.cluster.local:6379`, and the like. */
  readonly texts: readonly string[];
  readonly connectionsMax: number;
  /** Asks for the addresses of a Service's name; undefined if nobody answers. */
  readonly resolve: (name: string) => Promise<Answer<"names"> | undefined>;
  readonly refusals: Pick<Refusals, "report">;
  /** This workload's SPIFFE ID. */
  readonly name: () => string;
  /** Somebody connects; nothing of it has been read, and it goes where a pod's connection would. */
  readonly onConnection: (app: PlainStream, ip: string, port: number) => void;
}

/** A port that another program has may be free later. */
const againMs = 5000;

const reachPattern =
  /^\[?(?<address>[\da-f.:]+?)\]?:(?<from>\d{1,5})=(?<name>[^:]+):(?<to>\d{1,5})$/u;

/**
 * The ports of a machine by which a program that is in no pod calls Services. Nothing that such a
 * program sends can be taken without its doing; so it calls these ports, and from there on its
 * connections go as those of a pod do: by its identity, its routes and what policies say.
 */
export class Reaching {
  readonly #options: ReachingOptions;
  readonly #listeners = new Set<StreamListener>();
  /** Why a port is not listened on, by the port's address. */
  readonly #failures = new Map<string, { readonly reach: Reach; readonly reason: string }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: ReachingOptions) {
    this.#options = options;
  }

  /** Listens on all ports that can be had; the others are tried again. */
  open(): void {
    const all = this.#options.texts.flatMap((text) => readReach(text) ?? []);
    for (const reach of all) this.#listen(reach);
  }

  /** Tells the machine what could not be listened on; to be called when there is one. */
  report(): void {
    for (const { reach, reason } of this.#failures.values()) this.#refuse(reach, "listen", reason);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const listener of this.#listeners) listener.close();
  }

  #listen(reach: Reach): void {
    const { address: host, listenPort: port } = reach;
    try {
      const listener = new StreamListener({
        address: socketAddress(host, port),
        connectionsMax: this.#options.connectionsMax,
        onStream: (app) => void this.#take(app, reach),
        onDropped: () => this.#refuse(reach, "limit", "too many connections at once"),
      });
      this.#listeners.add(listener);
      this.#failures.delete(`${host} ${port}`);
    } catch (error) {
      this.#fail(reach, `${nameOf(error)} ${host}:${port}`);
    }
  }

  #fail(reach: Reach, reason: string): void {
    const key = `${reach.address} ${reach.listenPort}`;
    if (this.#isClosed) return;
    const isNew = !this.#failures.has(key);
    this.#failures.set(key, { reach, reason });
    if (isNew) this.#refuse(reach, "listen", reason);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#listen(reach);
    }, againMs);
    this.#timers.add(timer.unref());
  }

  async #take(app: PlainStream, reach: Reach): Promise<void> {
    app.tune(0);
    const ip = await this.#resolve(reach.name);
    if (!app.isOpen) return;
    if (ip !== undefined) {
      this.#options.onConnection(app, ip, reach.port);
      return;
    }
    app.reset();
    this.#refuse(reach, "unknown", `there is no address of ${reach.name}`);
  }

  /** An address of a Service: asked for each time, so that it is never an old one. */
  async #resolve(name: string): Promise<string | undefined> {
    const answer = await this.#options.resolve(name);
    for (const record of answer?.records ?? []) if (record.type === "A") return record.address;
    return undefined;
  }

  #refuse({ name: target, port }: Reach, cause: string, reason: string): void {
    const { name, refusals } = this.#options;
    const what = { direction: "out", protocol: "tcp", source: name(), target } as const;
    refusals.report({ ...what, port, cause, reason });
  }
}

/** As people know it, such as `EADDRINUSE`. */
function nameOf(error: unknown): string {
  const errno = error instanceof BeeError ? error.facts["errno"] : undefined;
  if (typeof errno === "number") return getSystemErrorName(-errno);
  return error instanceof Error ? error.message : String(error);
}

function readReach(text: string): Reach | undefined {
  const { address, from, name, to } = reachPattern.exec(text)?.groups ?? {};
  if (address === undefined || name === undefined) return undefined;
  return { address, listenPort: Number(from), name, port: Number(to) };
}
