import { BeeError, type Now } from "@beemesh/base";
import {
  type Answer,
  AnswerBook,
  type Decided,
  isRepeatable,
  isSameVersion,
  lackingOf,
  type Question,
  rule,
  type Standing,
  type WriteQuestion,
  withRevision,
} from "@beemesh/deciding";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { Case, Court } from "./court.ts";
import type { QuestionLines } from "./question-lines.ts";

export interface JudgingOptions {
  readonly court: Pick<Court, keyof Court>;
  readonly lines: Pick<QuestionLines, "ask">;
  /** Brings here what a request is decided by. */
  readonly bring: (request: ApiRequest) => Promise<void>;
  /** Answers a request by what is here. */
  readonly handle: (request: ApiRequest) => FinalReply | Promise<FinalReply>;
  /** Waits until a write is held widely enough; gives warnings if it is not. */
  readonly acknowledged: (ticket: number) => Promise<readonly string[]>;
  readonly clock: () => Now;
}

/** Decides what other machines were asked to write. */
export class Judging {
  readonly #options: JudgingOptions;
  readonly #book = new AnswerBook<Promise<Answer>>();

  constructor(options: JudgingOptions) {
    this.#options = options;
  }

  /** Answers a question; never rejects. */
  hear(from: PeerId, question: Question): Promise<Answer> {
    if (question.kind === "consult") {
      const entries = this.#options.court.leave(from, question);
      return Promise.resolve(entries === undefined ? { kind: "kept" } : { kind: "left", entries });
    }
    return this.#book.get(question.id) ?? this.#begin(from, question);
  }

  #begin(from: PeerId, question: WriteQuestion): Promise<Answer> {
    const answering = this.#answer(from, question);
    this.#book.begin(question.id, answering);
    return answering;
  }

  async #answer(from: PeerId, question: WriteQuestion): Promise<Answer> {
    const answer = await this.#judge(from, question).catch(failureOf);
    // Whatever was not decided may be asked again.
    if (answer.kind !== "decided") this.#book.drop(question.id);
    else this.#book.end(question.id, lengthOf(answer), this.#options.clock().at);
    return answer;
  }

  async #judge(from: PeerId, question: WriteQuestion): Promise<Answer> {
    const { court, bring } = this.#options;
    court.takeIn(from, question.entries);
    const records = lackingOf(question, (record) => court.stampOf(record));
    if (records.length > 0) return { kind: "behind", records };
    const matter = court.caseOf(question.request);
    if (matter === undefined) return { kind: "refused", reason: "the request writes nothing" };
    // Nothing is brought here for whom nothing is decided.
    if (court.mayWrite(from, matter.collection)) await bring(question.request);
    return this.#route(from, matter, question);
  }

  /** Decides a write, or has it decided by whoever comes first. */
  async #route(from: PeerId, matter: Case, question: WriteQuestion): Promise<Answer> {
    const failed = new Map<PeerId, number>();
    for (let round = 0; round < roundsMax; round += 1) {
      const standing = { ...this.#standing(from, matter), failed: [...failed.keys()] };
      const ruling = rule(question, standing);
      if (ruling.kind === "refuse") return { kind: "refused", reason: ruling.reason };
      if (ruling.kind === "unready") return ruling;
      const answer =
        ruling.kind === "forward"
          ? await this.#passOn(ruling.to, question, failed)
          : await this.#own(matter, question, failed);
      if (answer !== undefined) return answer;
    }
    return { kind: "unready" };
  }

  /** Has a write decided by another; undefined if that one cannot. */
  async #passOn(
    to: PeerId,
    question: WriteQuestion,
    failed: Map<PeerId, number>,
  ): Promise<Answer | undefined> {
    const { court, lines } = this.#options;
    const answer = await lines.ask(to, { ...question, isForwarded: true });
    if (answer.kind === "lost" && !isRepeatable(question.request)) return inDoubt;
    const isOut = answer.kind === "lost" || answer.kind === "unreachable";
    if (!isOut && answer.kind !== "unready") return answer;
    failed.set(to, court.mark);
    return undefined;
  }

  /** Decides a write here; undefined if it turns out to be left to one that is back. */
  async #own(
    matter: Case,
    question: WriteQuestion,
    failed: Map<PeerId, number>,
  ): Promise<Answer | undefined> {
    const { court } = this.#options;
    if (!(await court.prepare(matter))) return { kind: "unready" };
    const left = court.leftTo(matter.collection, (peer) => failed.get(peer));
    if (left === undefined) return this.#decide(matter, question);
    // It has come back since it did not answer, and was promised this.
    const isBack = !question.isForwarded && failed.delete(left);
    return isBack ? undefined : { kind: "unready" };
  }

  #standing(from: PeerId, { collection }: Case): Omit<Standing, "failed"> {
    const { court } = this.#options;
    return {
      self: court.self,
      order: court.orderOf(collection),
      isReady: court.canDecide(),
      mayWrite: court.mayWrite(from, collection),
    };
  }

  /** Decides here and now. */
  async #decide(matter: Case, question: WriteQuestion): Promise<Answer> {
    const { court, handle } = this.#options;
    const before = court.revisionOf(matter, matter.record.name);
    // From here to the end of `handle` nothing else is decided.
    const answered = handle(this.#translated(matter, question, before));
    const reply = answered instanceof Promise ? await answered : answered;
    if (reply.kind !== "json") return failureOf(new Error("no JSON came back"));
    const shown = this.#shown(matter, reply, before);
    const more = reply.ticket === undefined ? [] : await this.#options.acknowledged(reply.ticket);
    return {
      kind: "decided",
      status: reply.status,
      body: isJsonObject(reply.body) ? reply.body : null,
      headers: reply.headers ?? {},
      warnings: [...(reply.warnings ?? []), ...more],
      ...shown,
    };
  }

  /** The request with our own name for the version that it speaks of, if it is the present one. */
  #translated({ record }: Case, { request, version }: WriteQuestion, present: string): ApiRequest {
    if (version === undefined || present === "") return request;
    const isPresent = isSameVersion(version.parts, this.#options.court.versionOf(record));
    return isPresent ? withRevision(request, version.revision, present) : request;
  }

  /** What the answer shows, and the records of it. */
  #shown(
    matter: Case,
    { body, status }: Extract<FinalReply, { kind: "json" }>,
    before: string,
  ): Pick<Decided, "revision" | "isPresent" | "entries"> {
    const { court } = this.#options;
    const { collection, name } = matter.record;
    const names = name === "" ? namesIn(body) : [name];
    const entries = court.entriesOf(names.map((each) => ({ collection, name: each })));
    if (status >= 300 || names.length !== 1) return { revision: "", isPresent: false, entries };
    const present = court.revisionOf(matter, names[0] ?? "");
    const said = revisionOf(body);
    const isPresent = present !== "" && (said === "" || said === present);
    return { revision: said || present || before, isPresent, entries };
  }
}

/** Machines that a write is passed on to before its asker is told to look elsewhere. */
const roundsMax = 8;

/** Nobody can say whether it was done, and it must not be done twice. */
const inDoubt: Answer = { kind: "failed", code: "decision-in-doubt", message: "" };

function failureOf(error: unknown): Answer {
  const code = error instanceof BeeError ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code, message };
}

function lengthOf(answer: Decided): number {
  return JSON.stringify(answer).length;
}

function revisionOf(body: unknown): string {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const revision = isJsonObject(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof revision === "string" ? revision : "";
}

/** The names of the objects that an answer shows. */
function namesIn(body: unknown): readonly string[] {
  if (!isJsonObject(body)) return [];
  const { items, rows, metadata } = body;
  if (Array.isArray(items)) return items.flatMap(namesIn);
  if (Array.isArray(rows)) {
    return rows.flatMap((row: Json) => (isJsonObject(row) ? namesIn(row["object"]) : []));
  }
  const name = isJsonObject(metadata) ? metadata["name"] : undefined;
  return typeof name === "string" && name !== "" ? [name] : [];
}
