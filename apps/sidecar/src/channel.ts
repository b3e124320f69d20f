import type { Socket } from "node:net";
import { parseJson } from "@beemesh/wire";
import {
  lineLengthMax,
  type MachineMessage,
  readMachineMessage,
  type SidecarMessage,
} from "@beemesh/workload";

/** What answers each question. */
interface AnswerKinds {
  certify: "certificate";
  names: "names";
  route: "route";
  dial: "dialed";
  dialExternal: "dialed";
  admit: "verdict";
}

type QuestionKind = keyof AnswerKinds;
type AnswerKind = AnswerKinds[QuestionKind];

/** A question without its id, which the channel gives it. */
export type Question = WithoutId<Extract<SidecarMessage, { readonly kind: QuestionKind }>>;

type WithoutId<Message> = Message extends object ? Omit<Message, "id"> : never;

export type Answer<Kind extends AnswerKind = AnswerKind> = Extract<
  MachineMessage,
  { readonly kind: Kind }
>;

/** What the machine tells without having been asked. */
export type Notice = Exclude<MachineMessage, { readonly kind: AnswerKind }>;

export interface ChannelOptions {
  /** A machine is there, for the first time or again. */
  readonly onAttach: () => void;
  readonly onNotice: (notice: Notice) => void;
}

/** Milliseconds that a question waits: longer than a machine needs to start anew. */
const answerMsMax = 10_000;

/** Questions at once; a machine that does not answer must not cost more memory than this. */
const questionsMax = 2048;

/** Bytes that a machine may leave unread before the sidecar tells it no more news. */
const unreadBytesMax = 1024 * 1024;

const jsonDepthMax = 8;

interface Pending {
  readonly question: Question;
  readonly answered: (answer: Answer | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The sidecar's end of the channel to its machine. The machine may go and come back: what was asked
 * meanwhile is asked again, and what waits too long is answered by nothing, on which everybody
 * acts as on a refusal.
 */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | undefined;
  #lastId = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  get isAttached(): boolean {
    return this.#socket !== undefined;
  }

  /** Questions that wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Takes a connection of a machine; one that was there before is closed. */
  attach(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    let line = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      line += text;
      if (line.includes("\n")) line = this.#readLines(socket, line);
      if (line.length > lineLengthMax) socket.destroy();
    });
    socket.on("end", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.tell({ kind: "ready", pid: process.pid });
    for (const [id, { question }] of this.#pending) this.#send({ ...question, id });
    this.#options.onAttach();
    socket.resume();
  }

  /** Asks the machine. @returns Undefined if there is no answer in time. */
  ask<Asked extends Question>(
    question: Asked,
  ): Promise<Answer<AnswerKinds[Asked["kind"]]> | undefined>;
  ask(question: Question): Promise<Answer | undefined> {
    if (this.#pending.size >= questionsMax) return Promise.resolve(undefined);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((answered) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        answered(undefined);
      }, answerMsMax);
      this.#pending.set(id, { question, answered, timer });
      this.#send({ ...question, id });
    });
  }

  /** Tells the machine something; forgotten if there is none, or it does not read. */
  tell(message: SidecarMessage): void {
    if ((this.#socket?.writableLength ?? 0) < unreadBytesMax) this.#send(message);
  }

  close(): void {
    this.#socket?.destroy();
    for (const { answered, timer } of this.#pending.values()) {
      clearTimeout(timer);
      answered(undefined);
    }
    this.#pending.clear();
  }

  #send(message: SidecarMessage): void {
    this.#socket?.write(`${JSON.stringify(message)}\n`);
  }

  /** Reads whole lines, and gives back what follows the last of them. */
  #readLines(socket: Socket, text: string): string {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const json = parseJson(text.slice(start, end), {
        lengthMax: lineLengthMax,
        depthMax: jsonDepthMax,
      });
      start = end + 1;
      const message = readMachineMessage(json);
      // A machine that speaks another language is none of ours; the next one may be.
      if (message === undefined) socket.destroy();
      else this.#receive(message);
    }
    return text.slice(start);
  }

  #receive(message: MachineMessage): void {
    if (!isAnswer(message)) {
      this.#options.onNotice(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined || answerOf[pending.question.kind] !== message.kind) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    pending.answered(message);
  }
}

const answerOf: Readonly<AnswerKinds> = {
  certify: "certificate",
  names: "names",
  route: "route",
  dial: "dialed",
  dialExternal: "dialed",
  admit: "verdict",
};

const answerKinds: ReadonlySet<string> = new Set(Object.values(answerOf));

function isAnswer(message: MachineMessage): message is Answer {
  return answerKinds.has(message.kind);
}
