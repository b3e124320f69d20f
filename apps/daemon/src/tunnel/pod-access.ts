import { once } from "node:events";
import { connect } from "node:net";
import { type Duplex, pipeline, type Readable } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { ExecSession, LogOptions, Runtime } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Programs } from "../external/programs.ts";
import { hostDuplex } from "../host-duplex.ts";
import { splice } from "../splice.ts";
import {
  type Entrant,
  type Opening,
  readAnswer,
  readOpening,
  writeAnswer,
  writeOpening,
} from "./opening.ts";
import { hostReadable, remoteSession, serveSession } from "./session.ts";

/** Streams between machines for pods, as the mesh adapter gives them. */
export interface PodStreams {
  openStream(peer: PeerId, name: string): Promise<Duplex>;
  handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void>;
}

/** Where a pod runs. */
export interface PodPlace {
  readonly uid: string;
  /** The machine's name, as in `spec.nodeName`. */
  readonly machine: string;
}

export interface PodAccessOptions {
  readonly self: string;
  readonly runtime: Runtime;
  readonly streams: PodStreams;
  readonly peerOf: (machine: string) => PeerId | undefined;
  /** This machine's own key. */
  readonly peer: PeerId;
  /** Whether the ingress of a machine may enter a pod of this one, by the pod's policies. */
  readonly admitIngress: (
    uid: string,
    issuer: PeerId,
    port: number,
  ) => Promise<{ readonly allowed: boolean; readonly reason: string }>;
  /** Programs outside containers on this machine: their ports are reached like those of pods. */
  readonly programs?: Pick<Programs, "placeOf">;
}

/** The streams' protocol name between machines. */
const streamName = "pod";

/**
 * Reaches into pods wherever they run: here through the runtime, elsewhere through a stream to
 * the machine that runs them.
 */
export class PodAccess {
  readonly #options: PodAccessOptions;

  constructor(options: PodAccessOptions) {
    this.#options = options;
  }

  /** Lets other machines reach the pods that run here. */
  serve(): Promise<void> {
    return this.#options.streams.handleStream(streamName, (peer, stream) => {
      stream.on("error", () => stream.destroy());
      void this.#serve(peer, stream).catch(() => stream.destroy());
    });
  }

  /**
   * A TCP connection to a port inside the pod.
   *
   * @param by - Whoever comes through the ingress is let in as far as the pod's policies say; the
   *   machine that runs the pod asks them.
   * @throws {BeeError} `policy-refused`, `tunnel-refused`, and what the runtime throws.
   */
  async connect({ uid, machine }: PodPlace, port: number, by: Entrant = "owner"): Promise<Duplex> {
    const { self, peer } = this.#options;
    if (machine === self) return this.#enter(peer, { uid, port, by });
    return this.#open(machine, { kind: "connect", uid, port, by });
  }

  /** What a container wrote. */
  async log({ uid, machine }: PodPlace, container: string, options: LogOptions): Promise<Readable> {
    const { self, runtime } = this.#options;
    if (machine === self) return hostReadable(await runtime.logs(uid, container, options));
    return this.#open(machine, { kind: "log", uid, container, ...options });
  }

  /** A process in a container: a new one, or with `attach` the container's own. */
  async session(
    { uid, machine }: PodPlace,
    wish: Omit<Extract<Opening, { kind: "exec" | "attach" }>, "uid">,
  ): Promise<ExecSession> {
    if (machine === this.#options.self) return this.#localSession({ ...wish, uid });
    return remoteSession(await this.#open(machine, { ...wish, uid }), wish);
  }

  /** Lets somebody into a pod of this machine, for whom the machine of `peer` speaks. */
  async #enter(
    peer: PeerId,
    { uid, port, by }: Omit<Extract<Opening, { kind: "connect" }>, "kind">,
  ): Promise<Duplex> {
    if (by === "ingress") {
      const { allowed, reason } = await this.#options.admitIngress(uid, peer, port);
      if (!allowed) throw new BeeError("policy-refused", `Cannot enter the pod: ${reason}`);
    }
    return this.#reach(uid, port);
  }

  async #reach(uid: string, port: number): Promise<Duplex> {
    const { programs, runtime } = this.#options;
    const place = programs?.placeOf(uid, port);
    return place === undefined ? hostDuplex(await runtime.connect(uid, port)) : dial(place);
  }

  #localSession(wish: Extract<Opening, { kind: "exec" | "attach" }>): Promise<ExecSession> {
    const { runtime } = this.#options;
    const { uid, container, kind } = wish;
    return kind === "exec"
      ? runtime.exec(uid, container, wish)
      : runtime.attach(uid, container, wish);
  }

  async #open(machine: string, opening: Opening): Promise<Duplex> {
    const peer = this.#options.peerOf(machine);
    if (peer === undefined) {
      throw new BeeError(
        "tunnel-refused",
        `Cannot reach the pod: machine ${machine} is unknown here`,
      );
    }
    const stream = await this.#options.streams.openStream(peer, streamName);
    try {
      writeOpening(stream, opening);
      await readAnswer(stream);
      return stream;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  async #serve(peer: PeerId, stream: Duplex): Promise<void> {
    const opening = await readOpening(stream);
    if (opening === undefined) {
      stream.destroy();
      return;
    }
    try {
      await this.#answer(peer, stream, opening);
    } catch (error) {
      writeAnswer(stream, error);
      stream.end();
    }
  }

  async #answer(peer: PeerId, stream: Duplex, opening: Opening): Promise<void> {
    const { runtime } = this.#options;
    const { uid } = opening;
    if (opening.kind === "connect") {
      const inside = await this.#enter(peer, opening);
      writeAnswer(stream);
      splice(stream, inside);
    } else if (opening.kind === "log") {
      const output = hostReadable(await runtime.logs(uid, opening.container, opening));
      writeAnswer(stream);
      pipeline(output, stream, () => output.destroy());
    } else {
      const session = await this.#localSession(opening);
      writeAnswer(stream);
      serveSession(stream, session);
    }
  }
}

/** A connection in this machine's own network. Its end is for each direction, as a pod's. */
async function dial({ host, port }: ReturnType<Programs["placeOf"]> & object): Promise<Duplex> {
  const socket = connect({ host, port, allowHalfOpen: true });
  try {
    await once(socket, "connect");
    return socket;
  } catch (cause) {
    const message = `Cannot connect to port ${port}: nobody listens at ${host}`;
    throw new BeeError("connection-refused", message, { cause });
  }
}
