import { instantAt, type Now } from "@beemesh/base";
import type { PlainStream } from "@beemesh/kernel";
import {
  messageBytesMax,
  NameServer,
  type NameServerEvent,
  queryBytesMax,
  responseCodes,
} from "@beemesh/names";
import type { Channel } from "./channel.ts";
import type { Meters } from "./metrics.ts";

/** Where the pod's resolver looks for names. */
export const nameServerAddress = { ip: "10.96.0.10", port: 53 } as const;

/** A connection to the name server is closed after so long without a question (RFC 7766, 6.2.3). */
const idleMsMax = 10_000;

/** Connections to the name server at once. */
const connectionsMax = 64;

/** Bytes that stand before a message over TCP (RFC 1035, section 4.2.2). */
const lengthBytes = 2;

type Replier = (bytes: Uint8Array) => void;

/** The pod's name server: what stands between its state machine and the world. */
export class Names {
  readonly #server = new NameServer();
  readonly #channel: Channel;
  readonly #meters: Meters;
  /** Who waits for a reply, by the id under which the question was put. */
  readonly #waiting = new Map<number, Replier>();
  readonly #connections = new Set<PlainStream>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: Channel, meters: Meters) {
    this.#channel = channel;
    this.#meters = meters;
  }

  /** Answers a datagram, now or later or, if it is none of DNS, never. */
  onDatagram(bytes: Uint8Array, reply: Replier): void {
    this.#query(bytes, "udp", reply);
  }

  /** Answers the questions that come over a connection of a program of the pod. */
  take(stream: PlainStream): void {
    if (this.#connections.size >= connectionsMax) this.#endOldest();
    this.#connections.add(stream);
    let rest: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => stream.destroy(), idleMsMax);
    stream.read({
      onData: (chunk) => {
        timer.refresh();
        rest = this.#readMessages(stream, Buffer.concat([rest, chunk]));
      },
      onEnd: () => stream.end(),
      onDrain: () => {},
      onClose: () => {
        clearTimeout(timer);
        this.#connections.delete(stream);
      },
    });
  }

  /** Names have changed. */
  forget(): void {
    this.#step({ kind: "forget" });
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const stream of this.#connections) stream.destroy();
    this.#waiting.clear();
  }

  /** Who has held a connection for longest has had its answers, or never wanted any. */
  #endOldest(): void {
    for (const oldest of this.#connections) {
      this.#connections.delete(oldest);
      oldest.reset();
      this.#meters.count("beemesh_workload_names_total", { result: "limit" });
      return;
    }
  }

  /** Puts whole messages as questions, and gives back what follows the last of them. */
  #readMessages(stream: PlainStream, bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= lengthBytes) {
      const length = bytes.readUInt16BE(at);
      if (length > queryBytesMax) {
        stream.destroy();
        break;
      }
      const end = at + lengthBytes + length;
      if (end > bytes.length) break;
      this.#query(bytes.subarray(at + lengthBytes, end), "tcp", (reply) => send(stream, reply));
      at = end;
    }
    return bytes.subarray(at);
  }

  #query(bytes: Uint8Array, transport: "udp" | "tcp", reply: Replier): void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.set(id, reply);
    this.#step({ kind: "query", id, bytes, transport });
  }

  #step(event: NameServerEvent): void {
    for (const effect of this.#server.step(event, now())) {
      if (effect.kind === "ask") void this.#ask(effect.id, effect.name, effect.type);
      else if (effect.kind === "wake") this.#wakeAt(effect.at);
      else {
        const reply = this.#waiting.get(effect.id);
        this.#waiting.delete(effect.id);
        const result = effect.kind === "drop" ? effect.cause : resultOf(effect.bytes);
        this.#meters.count("beemesh_workload_names_total", { result });
        if (effect.kind === "reply") reply?.(effect.bytes);
      }
    }
  }

  /** The channel asks again by itself when the machine comes back. */
  async #ask(id: number, name: string, type: string): Promise<void> {
    const answer = await this.#channel.ask({ kind: "names", name, type });
    if (answer !== undefined) this.#step({ kind: "answered", answer: { ...answer, id } });
  }

  #wakeAt(atMs: number): void {
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, Math.ceil(atMs - performance.now()));
    this.#timer = setTimeout(() => this.#step({ kind: "tick" }), waitMs);
  }
}

/** Who is refused has asked for what policy forbids, or for too much. */
function resultOf(reply: Uint8Array): "answered" | "refused" {
  return ((reply[3] ?? 0) & 15) === responseCodes.refused ? "refused" : "answered";
}

function send(stream: PlainStream, reply: Uint8Array): void {
  // Who asks and does not read the answers has lost its turn.
  if (stream.keptBytes > messageBytesMax) stream.destroy();
  const message = Buffer.alloc(lengthBytes + reply.length);
  message.writeUInt16BE(reply.length);
  message.set(reply, lengthBytes);
  stream.write(message);
}

function now(): Now {
  return { at: instantAt(performance.now()), wallMs: Date.now() };
}
