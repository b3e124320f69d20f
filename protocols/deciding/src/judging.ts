import { BeeError } from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { Agenda } from "./agenda.ts";
import type { Answer, Decided } from "./answer.ts";
import { AnswerBook } from "./answer-book.ts";
import type { Case } from "./case.ts";
import type { Court } from "./court.ts";
import type { DecidingEvent, NoAnswer } from "./event.ts";
import { isRepeatable } from "./inquiry.ts";
import { inFlightMax, roundsMax, silenceMs, workingMs } from "./limits.ts";
import type { WriteQuestion } from "./question.ts";
import { isSameVersion } from "./record.ts";
import { withRevision } from "./revision-text.ts";
import { lackingOf, rule, type Standing } from "./ruling.ts";
import type { Flow } from "./waits.ts";

/** One machine that waits for an answer. */
interface Asker {
  readonly from: PeerId;
  readonly reference: number;
}

/** One write of another machine that is being decided. */
interface Hearing extends Flow {
  readonly from: PeerId;
  readonly question: WriteQuestion;
  readonly askers: Asker[];
  /** Machines that were asked on its behalf and did not decide, and when that was. */
  readonly failed: Map<PeerId, number>;
  isOver: boolean;
  rounds: number;
  /** Until its askers are told once more that it is at it. */
  pause: number | undefined;
}

/**
 * Decides what other machines were asked to write.
 *
 *     hear ──▶ take in ──▶ bring ──▶ route ─┬─▶ pass on to whoever comes first ──▶ its answer
 *                                      ▲    └─▶ prepare ──▶ handle ──▶ confirm ──▶ answer
 *                                      └── not that one ◀──┘
 */
export class Judging {
  readonly #court: Court;
  readonly #agenda: Agenda;
  readonly #book = new AnswerBook<Hearing | Answer>();
  readonly #inFlight = new Map<PeerId, number>();

  constructor(court: Court, agenda: Agenda) {
    this.#court = court;
    this.#agenda = agenda;
  }

  /** Takes a question; each gets an answer. */
  hear({ from, reference, question }: Extract<DecidingEvent, { kind: "heard" }>): void {
    const asker = { from, reference };
    if (question.kind === "consult") {
      this.#tell(asker, this.#court.leave(from, question));
      return;
    }
    const known = this.#book.get(question.id);
    if (known !== undefined && !("askers" in known)) return this.#tell(asker, known);
    const count = this.#inFlight.get(from) ?? 0;
    if (count >= inFlightMax) return this.#tell(asker, { kind: "busy" });
    this.#inFlight.set(from, count + 1);
    if (known === undefined) this.#begin(asker, question);
    else known.askers.push(asker);
  }

  #begin(asker: Asker, question: WriteQuestion): void {
    const hearing: Hearing = {
      from: asker.from,
      question,
      askers: [asker],
      failed: new Map(),
      isOver: false,
      rounds: 0,
      pause: undefined,
      fail: (error) => this.#end(hearing, failureOf(error)),
    };
    this.#book.begin(question.id, hearing);
    this.#report(hearing);
    this.#agenda.go(hearing, () => {
      this.#court.takeIn(hearing, hearing.from, question.entries, () => this.#judge(hearing));
    });
  }

  /** Tells those who wait, now and then, that it is being decided. */
  #report(hearing: Hearing): void {
    hearing.pause = this.#agenda.pause(hearing, workingMs, () => {
      for (const asker of hearing.askers) this.#tell(asker, { kind: "working" });
      this.#report(hearing);
    });
  }

  #end(hearing: Hearing, answer: Answer): void {
    const { question, askers, pause } = hearing;
    // Whatever was not decided may be asked again.
    this.#book.drop(question.id);
    if (answer.kind === "decided") {
      this.#book.begin(question.id, answer);
      this.#book.end(question.id, lengthOf(answer), this.#agenda.now);
    }
    hearing.isOver = true;
    this.#agenda.cancel(pause);
    for (const asker of askers) {
      this.#tell(asker, answer);
      const left = (this.#inFlight.get(asker.from) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(asker.from, left);
      else this.#inFlight.delete(asker.from);
    }
  }

  #tell({ from, reference }: Asker, answer: Answer): void {
    this.#agenda.emit({ kind: "answer", to: from, reference, answer });
  }

  #judge(hearing: Hearing): void {
    const { from, question } = hearing;
    const records = lackingOf(question, (record) => this.#court.stampOf(record));
    if (records.length > 0) return this.#end(hearing, { kind: "behind", records });
    const matter = this.#court.caseOf(question.request);
    if (matter === undefined) {
      return this.#end(hearing, { kind: "refused", reason: "the request writes nothing" });
    }
    const route = (): void => this.#route(hearing, matter);
    // Nothing is brought here for whom nothing is decided.
    if (!this.#court.mayWrite(from, matter.collection)) route();
    else this.#agenda.bring(hearing, question.request, route);
  }

  /** Decides a write, or has it decided by whoever comes first. */
  #route(hearing: Hearing, matter: Case): void {
    hearing.rounds += 1;
    if (hearing.rounds > roundsMax) return this.#end(hearing, { kind: "unready" });
    const ruling = rule(hearing.question, this.#standing(hearing, matter));
    if (ruling.kind === "refuse") {
      return this.#end(hearing, { kind: "refused", reason: ruling.reason });
    }
    if (ruling.kind === "unready") return this.#end(hearing, ruling);
    if (ruling.kind === "forward") return this.#passOn(ruling.to, hearing, matter);
    this.#court.prepare(hearing, matter, (mayDecide) => {
      if (mayDecide) this.#decide(hearing, matter);
      else this.#end(hearing, { kind: "unready" });
    });
  }

  #standing({ from, failed }: Hearing, { collection }: Case): Standing {
    return {
      self: this.#court.self,
      order: this.#court.orderOf(collection),
      isReady: this.#court.canDecide(),
      mayWrite: this.#court.mayWrite(from, collection),
      failed: [...failed.keys()],
    };
  }

  /** Has a write decided by another, or looks further if that one cannot. */
  #passOn(to: PeerId, hearing: Hearing, matter: Case): void {
    const question = { ...hearing.question, isForwarded: true };
    const note = (answer: Answer | NoAnswer): void => {
      if (answer.kind === "lost" && !isRepeatable(question.request)) {
        return this.#end(hearing, inDoubt);
      }
      const isOut = answer.kind === "lost" || answer.kind === "unreachable";
      if (!isOut && answer.kind !== "unready") return this.#end(hearing, answer);
      hearing.failed.set(to, this.#court.mark);
      this.#route(hearing, matter);
    };
    this.#agenda.ask(hearing, { peer: to, question, ms: silenceMs }, note);
  }

  /** Decides here and now, if it is not left to another. */
  #decide(hearing: Hearing, matter: Case): void {
    const { question, failed } = hearing;
    const left = this.#court.leftTo(matter.collection, (peer) => failed.get(peer));
    if (left !== undefined) {
      // It has come back since it did not answer, and was promised this.
      const isBack = !question.isForwarded && failed.delete(left);
      return isBack ? this.#route(hearing, matter) : this.#end(hearing, { kind: "unready" });
    }
    const before = this.#court.revisionOf(matter.record);
    // From here to the end of `handle` nothing else is decided.
    this.#agenda.handle(hearing, this.#translated(matter, question, before), (reply) => {
      if (reply === undefined) return this.#end(hearing, inDoubt);
      if (reply.kind !== "json") return hearing.fail(new Error("no JSON came back"));
      const shown = this.#shown(matter, reply, before);
      if (reply.ticket === undefined) return this.#end(hearing, decided(reply, shown, []));
      this.#agenda.confirm(hearing, reply.ticket, (warnings) => {
        this.#end(hearing, warnings === undefined ? notDurable : decided(reply, shown, warnings));
      });
    });
  }

  /** The request with our own name for the version that it speaks of, if it is the present one. */
  #translated({ record }: Case, { request, version }: WriteQuestion, present: string): ApiRequest {
    if (version === undefined || present === "") return request;
    const isPresent = isSameVersion(version.parts, this.#court.versionOf(record));
    return isPresent ? withRevision(request, version.revision, present) : request;
  }

  /** What the answer shows, and the records of it. */
  #shown({ record }: Case, { body, status }: JsonReply, before: string): Shown {
    const { collection, name } = record;
    const names = name === "" ? namesIn(body) : [name];
    const entries = this.#court.entriesOf(names.map((each) => ({ collection, name: each })));
    if (status >= 300 || names.length !== 1) return { revision: "", isPresent: false, entries };
    const present = this.#court.revisionOf({ collection, name: names[0] ?? "" });
    const said = revisionOf(body);
    const isPresent = present !== "" && (said === "" || said === present);
    return { revision: said || present || before, isPresent, entries };
  }
}

type JsonReply = Extract<FinalReply, { kind: "json" }>;

type Shown = Pick<Decided, "revision" | "isPresent" | "entries">;

/** Nobody can say whether it was done, and it must not be done twice. */
const inDoubt: Answer = { kind: "failed", code: "decision-in-doubt", message: "" };

/** Nobody has said that the write is held. */
const notDurable: Answer = { kind: "failed", code: "write-not-durable", message: "" };

function decided(reply: JsonReply, shown: Shown, warnings: readonly string[]): Decided {
  return {
    kind: "decided",
    status: reply.status,
    body: isJsonObject(reply.body) ? reply.body : null,
    headers: reply.headers ?? {},
    warnings: [...(reply.warnings ?? []), ...warnings],
    ...shown,
  };
}

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
