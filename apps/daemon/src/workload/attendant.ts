import type { Duplex } from "node:stream";
import { BeeError, unreachable } from "@beemesh/base";
import { parseJson } from "@beemesh/wire";
import {
  type AdmittedProtocol,
  type Caller,
  type DescriptorTag,
  type Endpoint,
  lineLengthMax,
  type MachineMessage,
  type PeerRefClaim,
  type PodFacts,
  type Refusal,
  type Route,
  readSidecarMessage,
  type SidecarMessage,
  type SignedPeerRef,
  type SpanRecord,
  type TransportProtocol,
} from "@beemesh/workload";
import type { Dialed } from "./dialer.ts";
import { handOver, type Outbox } from "./handover.ts";
import type { HeldConnection } from "./held-connection.ts";
import { type LineRate, LineReader } from "./line-reader.ts";

/** A message of the machine without what every answer has. */
type AnswerOf<Kind extends MachineMessage["kind"]> = Omit<
  Extract<MachineMessage, { readonly kind: Kind }>,
  "kind" | "id"
>;

/** An address that a pod wants to reach. */
export interface Wanted {
  readonly protocol: TransportProtocol;
  readonly ip: string;
  readonly port: number;
}

/**
 * What a machine knows and does for the pods that run on it. The uid is always that of the pod
 * that asks, as the runtime said it when the channel was opened.
 */
export interface Counsel {
  /** Undefined while the pod's record is not known. */
  facts(uid: string): PodFacts | undefined;
  /** Undefined if the key cannot be certified, or the pod's record is not known. */
  certify(uid: string, publicKey: string): AnswerOf<"certificate"> | undefined;
  names(uid: string, name: string, type: string): Promise<AnswerOf<"names">>;
  route(uid: string, wanted: Wanted): Promise<Route>;
  admit(
    uid: string,
    caller: Caller,
    at: { readonly protocol: AdmittedProtocol; readonly port: number },
  ): Promise<AnswerOf<"verdict">>;
  /** @param isWatch - Whether nobody but a watch over replicas wants it. */
  dial(uid: string, endpoint: Endpoint, isWatch: boolean): Promise<Dialed>;
  dialExternal(
    uid: string,
    place: {
      readonly protocol: TransportProtocol;
      readonly host: string;
      readonly port: number;
    },
  ): Promise<Dialed>;
  refused(uid: string, refusal: Refusal): void;
  lost(uid: string, uids: readonly string[]): void;
  traced(uid: string, spans: readonly SpanRecord[]): void;
}

export interface AttendantOptions {
  /** Whose sidecar is at the other end. */
  readonly uid: string;
  readonly channel: Duplex;
  /** Where the sidecar takes descriptors. */
  readonly descriptors: string;
  readonly outbox: Outbox;
  readonly counsel: Counsel;
  /** What must be added to the wall clock to get the mesh's, in milliseconds. */
  readonly clockOffsetMs: () => number;
  /** Where spans go; empty for nowhere. */
  readonly tracesUrl: string;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
  /** The channel is gone, for a reason that may stand in a log. */
  readonly onEnd: (fault: string) => void;
}

/** A busy pod asks for some hundred routes and verdicts a second when they are forgotten. */
const rate: LineRate = { perSecond: 2000, burst: 4000 };

/** Questions whose answers are being looked for; a sidecar asks those again that get none. */
const questionsMax = 1024;

/** A sidecar that leaves so much unread is no longer told anything: its channel is closed. */
const unreadBytesMax = 8 * 1024 * 1024;

/** Levels of JSON in a message. */
const depthMax = 6;

/** Longest reason for people that an answer holds; the contract allows 1024. */
const reasonLengthMax = 500;

/** What a sidecar answers to the machine. */
type Reply = Extract<SidecarMessage, { readonly kind: "metrics" | "vouched" }>;

type Question = Exclude<Extract<SidecarMessage, { readonly id: number }>, Reply>;

/**
 * The machine's end of the channel to one sidecar: answers what it asks, for its own pod alone,
 * and tells it what has changed.
 */
export class Attendant {
  readonly #options: AttendantOptions;
  readonly #reader: LineReader;
  readonly #asked = new Map<number, (reply: Reply | undefined) => void>();
  #questions = 0;
  #lastId = 0;
  #isGreeted = false;
  #isClosed = false;

  constructor(options: AttendantOptions) {
    this.#options = options;
    const { channel, nowMs } = options;
    this.#reader = new LineReader(channel, {
      lineBytesMax: lineLengthMax,
      rate,
      nowMs,
      onLine: (line) => this.#hear(line),
      onEnd: (fault) => this.#end(fault),
    });
    this.greet();
  }

  get uid(): string {
    return this.#options.uid;
  }

  /** Says who the pod is, as soon as its record is known. */
  greet(): void {
    if (this.#isGreeted || this.#isClosed) return;
    const { counsel, uid, clockOffsetMs, tracesUrl } = this.#options;
    const pod = counsel.facts(uid);
    if (pod === undefined) return;
    this.#isGreeted = true;
    this.tell({ kind: "hello", pod, clockOffsetMs: clockOffsetMs(), tracesUrl });
  }

  /** Tells the sidecar something; a sidecar that does not read loses its channel. */
  tell(message: MachineMessage): void {
    if (this.#isClosed) return;
    const { channel } = this.#options;
    channel.write(`${JSON.stringify(message)}\n`);
    if (channel.writableLength > unreadBytesMax) this.#end("does not read");
  }

  /**
   * Hands another sidecar's connection over.
   *
   * @returns Whether it was taken; if not, it is still the caller's.
   */
  async bring(held: HeldConnection): Promise<boolean> {
    if (!(await this.#hand({ kind: "incoming" }, held))) return false;
    this.tell({ kind: "incoming" });
    return true;
  }

  /** The sidecar's metrics; undefined if they do not come in time. */
  async collect(msMax: number): Promise<string | undefined> {
    const reply = await this.#ask({ kind: "collect" }, msMax);
    return reply?.kind === "metrics" ? reply.text : undefined;
  }

  /** Lets the sidecar sign how its pod is reached; undefined if it does not in time. */
  async vouch(
    claim: PeerRefClaim,
    msMax: number,
  ): Promise<Pick<SignedPeerRef, "certificate" | "signature"> | undefined> {
    const reply = await this.#ask({ kind: "vouch", claim }, msMax);
    if (reply?.kind !== "vouched") return undefined;
    const { certificate, signature } = reply;
    return { certificate, signature };
  }

  /** Lets go of the channel; the sidecar goes on with what it knows. */
  close(): void {
    this.#isClosed = true;
    this.#reader.close();
    for (const resolve of this.#asked.values()) resolve(undefined);
    this.#options.channel.destroy();
  }

  #ask(
    question:
      | { readonly kind: "collect" }
      | { readonly kind: "vouch"; readonly claim: PeerRefClaim },
    msMax: number,
  ): Promise<Reply | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    const timer = setTimeout(() => resolve(undefined), msMax);
    this.#asked.set(id, resolve);
    this.tell({ ...question, id });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#asked.delete(id);
    });
  }

  #end(fault: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onEnd(fault);
  }

  #hand(tag: DescriptorTag, held: HeldConnection): Promise<boolean> {
    const { outbox, descriptors } = this.#options;
    return handOver(outbox, descriptors, tag, held);
  }

  #hear(line: string): void {
    const message = readSidecarMessage(parseJson(line, { lengthMax: lineLengthMax, depthMax }));
    if (message === undefined) this.#end("malformed message");
    else if (message.kind === "metrics" || message.kind === "vouched") {
      this.#asked.get(message.id)?.(message);
    } else if ("id" in message) void this.#answer(message);
    else this.#note(message);
  }

  #note(message: Exclude<SidecarMessage, Question | Reply>): void {
    const { counsel, uid } = this.#options;
    if (message.kind === "refused") counsel.refused(uid, message.refusal);
    else if (message.kind === "lost") counsel.lost(uid, message.uids);
    else if (message.kind === "spans") counsel.traced(uid, message.spans);
    else this.greet();
  }

  async #answer(question: Question): Promise<void> {
    if (this.#questions >= questionsMax) return;
    this.#questions += 1;
    try {
      await this.#reply(question);
    } finally {
      this.#questions -= 1;
    }
  }

  async #reply(question: Question): Promise<void> {
    const { counsel, uid } = this.#options;
    const { id } = question;
    switch (question.kind) {
      case "certify": {
        const issued = counsel.certify(uid, question.publicKey);
        if (issued !== undefined) this.tell({ kind: "certificate", id, ...issued });
        return;
      }
      case "names": {
        const answer = await counsel.names(uid, question.name, question.type);
        return this.tell({ kind: "names", id, ...answer });
      }
      case "route":
        return this.tell({ kind: "route", id, route: await counsel.route(uid, question) });
      case "admit": {
        const verdict = await counsel.admit(uid, question.caller, question);
        return this.tell({ kind: "verdict", id, ...verdict });
      }
      case "dial":
        return this.#dialed(id, counsel.dial(uid, question.endpoint, question.isWatch === true));
      case "dialExternal":
        return this.#dialed(id, counsel.dialExternal(uid, question));
      default:
        return unreachable(question);
    }
  }

  async #dialed(id: number, dialing: Promise<Dialed>): Promise<void> {
    const outcome = await dialing.catch((error: unknown) => reasonOf(error));
    if (typeof outcome === "string") {
      return this.tell({ kind: "dialed", id, error: outcome, issuer: "" });
    }
    const { held, issuer } = outcome;
    if (!this.#isClosed && (await this.#hand({ kind: "dialed", id }, held))) {
      return this.tell({ kind: "dialed", id, error: "", issuer });
    }
    held.release();
    this.tell({ kind: "dialed", id, error: "the sidecar takes no sockets", issuer: "" });
  }
}

/** What the sidecar is told of a failure; never empty, for that would be a success. */
function reasonOf(error: unknown): string {
  const text = error instanceof BeeError ? error.message : "the machine failed";
  return text.slice(0, reasonLengthMax) || "the machine failed";
}
