/**
 * What webhooks have said about one request so far. The API answers a request at once or not at
 * all: where an answer is missing it names whom to ask, writes nothing, and thinks the whole
 * request over when the answers are there. So what is written rests on what is stored at that
 * moment, and a webhook that judged another version of the object is asked again.
 */
import { elapsedMs, type Now, type Random } from "@beemesh/base";
import type { ApiReply, Consultation, WebhookAnswer, WebhookCall } from "@beemesh/ports";
import { canonicalJson, type JsonObject } from "@beemesh/wire";
import { replyWith, requestTimeout } from "../status.ts";
import { Replay } from "./replay.ts";

/** Longer than this no request takes, whatever it waits for; as kube-apiserver has it. */
const requestMsMax = 60_000;

/** An object that changes under the eyes of its webhooks is looked at this often. */
const roundsMax = 32;

/** Questions of one round; a deletion of many objects asks about the others in the next. */
const callsMax = 64;

/** A question without the identifier that its answer has to repeat. */
export interface Question extends Omit<WebhookCall, "review"> {
  /** The `request` of the AdmissionReview, but for `uid`. */
  readonly request: JsonObject;
}

/** An answer, and the identifier that was asked with. */
export interface Answered {
  readonly uid: string;
  readonly answer: WebhookAnswer;
}

interface Asked {
  readonly key: string;
  readonly uid: string;
  readonly call: WebhookCall;
}

export interface CounselOptions {
  readonly now: Now;
  readonly makeUid: () => string;
  readonly random: Random;
  /** Thinks the request over. */
  readonly again: (counsel: Counsel) => ApiReply;
}

export class Counsel {
  readonly #options: CounselOptions;
  readonly #answers = new Map<string, Answered>();
  readonly #uids = new Replay<string>();
  readonly #draws = new Replay<number>();
  readonly #warnings: string[] = [];
  readonly #asked = new Map<string, Asked>();
  #rounds = 0;

  constructor(options: CounselOptions) {
    this.#options = options;
  }

  /** When the request came: what is thought over is still of that time. */
  get now(): Now {
    return this.#options.now;
  }

  /** An identifier that is the same when the request is thought over. */
  makeUid(): string {
    return this.#uids.take(this.#options.makeUid);
  }

  /** Chance that is the same when the request is thought over. */
  readonly random: Random = {
    below: (bound) => this.#draws.take(() => this.#options.random.below(bound)) % bound,
  };

  /** Whether answers are missing. */
  get isWaiting(): boolean {
    return this.#asked.size > 0;
  }

  /** Whether no more is to be asked in this round. */
  get isFull(): boolean {
    return this.#asked.size >= callsMax;
  }

  /** What was said to a question; undefined if it has to be asked first. */
  ask({ request, ...target }: Question): Answered | undefined {
    const key = canonicalJson([target.url, request]);
    const known = this.#answers.get(key);
    if (known !== undefined || this.#asked.has(key)) return known;
    const uid = this.#options.makeUid();
    const review = {
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1",
      request: { uid, ...request },
    };
    this.#asked.set(key, { key, uid, call: { ...target, review } });
    return undefined;
  }

  /** What the client is told, whatever becomes of the request. */
  warn(text: string): void {
    if (text !== "" && !this.#warnings.includes(text)) this.#warnings.push(text);
  }

  /** The reply while answers are missing. */
  pause(): Consultation {
    const asked = [...this.#asked.values()];
    return {
      kind: "consult",
      calls: asked.map(({ call }) => call),
      resume: (answers, now) => {
        asked.forEach(({ key, uid }, index) => {
          const answer = answers[index] ?? { ok: false, reason: "no answer" };
          this.#answers.set(key, { uid, answer });
        });
        this.#rounds += 1;
        const isLate = elapsedMs(this.#options.now.at, now.at) > requestMsMax;
        if (isLate || this.#rounds > roundsMax) return replyWith(requestTimeout());
        return this.#options.again(this);
      },
    };
  }

  /** Forgets what a first thought has left; the answers stay. */
  rewind(): void {
    this.#uids.rewind();
    this.#draws.rewind();
    this.#asked.clear();
    this.#warnings.length = 0;
  }

  /** A reply with what webhooks and policies want the client to be told. */
  told(reply: ApiReply): ApiReply {
    if (reply.kind !== "json" || this.#warnings.length === 0) return reply;
    return { ...reply, warnings: [...(reply.warnings ?? []), ...this.#warnings] };
  }
}
