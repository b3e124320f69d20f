import type { Duplex } from "node:stream";
import type { MachineUsage } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Gauge } from "./gauge.ts";
import { readUsage, usageLimits, writeUsage } from "./usage-text.ts";

/** Streams between machines, as the mesh adapter gives them. */
interface Streams {
  openStream(peer: PeerId, name: string): Promise<Duplex>;
  handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void>;
}

export interface UsagesOptions {
  readonly self: string;
  readonly gauge: Pick<Gauge, "read">;
  readonly streams: Streams;
  /** The key of the machine of this name; undefined if it is unknown here. */
  readonly peerOf: (machine: string) => PeerId | undefined;
  /** Whether the machine of this name is held to be alive. */
  readonly isAlive: (machine: string) => boolean;
}

/** The streams' protocol name between machines. */
const streamName = "usage";

/** A machine that was asked so short a time ago is not asked again. */
const freshMs = 5000;

/** What a machine told is shown for as long as metrics-server shows it. */
const shownMs = 90_000;

/** How long a machine may take: a second to measure, and time to answer. */
const answerMsMax = 3000;

/** Machines asked at the same time. */
const askedMax = 64;

/** Machines that wait for an answer of this one; those beyond are not answered. */
const servedMax = 256;

interface Told {
  readonly usage: MachineUsage;
  readonly atMs: number;
}

/**
 * What machines use, as they told when somebody here asked. Nobody measures and nothing is sent
 * while nobody asks. A machine that does not answer in time is left out.
 */
export class Usages {
  readonly #options: UsagesOptions;
  readonly #told = new Map<string, Told>();
  readonly #asking = new Map<string, Promise<void>>();
  #served = 0;

  constructor(options: UsagesOptions) {
    this.#options = options;
  }

  /** Answers machines that ask. */
  serve(): Promise<void> {
    return this.#options.streams.handleStream(streamName, (_peer, stream) => {
      stream.on("error", () => stream.destroy());
      stream.resume();
      void this.#answer(stream);
    });
  }

  /** What is known now; the newest of each machine. */
  all(): readonly MachineUsage[] {
    const now = performance.now();
    for (const [machine, { atMs }] of this.#told) {
      if (now - atMs > shownMs) this.#told.delete(machine);
    }
    return [...this.#told.values()].map(({ usage }) => usage);
  }

  /** Waits until these machines have told what they use, or have not in time. */
  async gather(machines: Iterable<string>): Promise<void> {
    const waiting = [...new Set(machines)].filter((machine) => this.#isDue(machine));
    const next = async (): Promise<void> => {
      for (let machine = waiting.pop(); machine !== undefined; machine = waiting.pop()) {
        await this.#ask(machine);
      }
    };
    await Promise.all(Array.from({ length: askedMax }, next));
  }

  #isDue(machine: string): boolean {
    const told = this.#told.get(machine);
    const isFresh = told !== undefined && performance.now() - told.atMs < freshMs;
    return !isFresh && this.#options.isAlive(machine);
  }

  /** Who asks for the same machine at the same time waits for the same answer. */
  #ask(machine: string): Promise<void> {
    const asking = this.#asking.get(machine) ?? this.#hear(machine);
    this.#asking.set(machine, asking);
    return asking;
  }

  async #hear(machine: string): Promise<void> {
    try {
      const usage = await this.#askOne(machine);
      if (usage !== undefined) this.#told.set(machine, { usage, atMs: performance.now() });
    } catch {
      // A machine that cannot be asked is left out.
    } finally {
      this.#asking.delete(machine);
    }
  }

  async #askOne(machine: string): Promise<MachineUsage | undefined> {
    const { gauge, peerOf, self, streams } = this.#options;
    if (machine === self) return gauge.read();
    const peer = peerOf(machine);
    if (peer === undefined) return undefined;
    const opening = streams.openStream(peer, streamName);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), answerMsMax);
    try {
      return await Promise.race([late.promise, opening.then((stream) => heard(stream, machine))]);
    } finally {
      clearTimeout(timer);
      void opening.then((stream) => stream.destroy()).catch(() => undefined);
    }
  }

  async #answer(stream: Duplex): Promise<void> {
    if (this.#served >= servedMax) {
      stream.destroy();
      return;
    }
    this.#served += 1;
    try {
      stream.end(writeUsage(await this.#options.gauge.read()));
    } catch {
      stream.destroy();
    } finally {
      this.#served -= 1;
    }
  }
}

async function heard(stream: Duplex, machine: string): Promise<MachineUsage | undefined> {
  // There is nothing to say: who asks is known by the connection.
  stream.end();
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > usageLimits.lengthMax) return undefined;
  }
  return readUsage(text, machine);
}
