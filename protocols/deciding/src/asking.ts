import { unreachable } from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { collectionOf, isJsonObject, type PeerId } from "@beemesh/wire";
import type { Agenda } from "./agenda.ts";
import type { Answer, Decided } from "./answer.ts";
import type { Case } from "./case.ts";
import type { Court } from "./court.ts";
import type { NoAnswer, Outcome } from "./event.ts";
import { type Failure, Inquiry, isRepeatable } from "./inquiry.ts";
import { againMs, settleMs, silenceMs, turnsMax } from "./limits.ts";
import type { Version, WriteQuestion } from "./question.ts";
import { isDecisive, Recent } from "./recent.ts";
import type { RecordStamp } from "./record.ts";
import { everyRevision, revisionIn, shownRevision } from "./revision-text.ts";
import type { Flow } from "./waits.ts";

/** One write that is being brought to its decider. */
interface Errand extends Flow {
  readonly id: string;
  readonly request: ApiRequest;
  readonly matter: Case;
  readonly inquiry: Inquiry;
  /** The newest revision here before anything was asked. */
  readonly since: string;
  isOver: boolean;
  /** How often it was looked for who decides. */
  turns: number;
}

/**
 * Brings what clients write here to the machine that decides it, and its answer back.
 *
 *     pursue ─┬─▶ ask the next ──▶ its answer ──▶ reply
 *       ▲     ├─▶ prepare ──▶ handle here ──────▶ reply
 *       │     └─▶ wait a moment      │
 *       └── no decision ◀────────────┘
 */
export class Asking {
  readonly #court: Court;
  readonly #agenda: Agenda;
  readonly #recent = new Recent();

  constructor(court: Court, agenda: Agenda) {
    this.#court = court;
    this.#agenda = agenda;
  }

  /** Has a request answered by whoever decides it; all that it needs has been brought here. */
  begin(id: string, request: ApiRequest): void {
    const reply = (outcome: Outcome): void => this.#agenda.emit({ kind: "reply", id, outcome });
    const plain: Flow = { isOver: false, fail: (error) => reply({ kind: "broken", error }) };
    this.#agenda.go(plain, () => {
      const matter = this.#court.caseOf(request);
      if (matter !== undefined) this.#pursue(this.#errandOf(id, request, matter));
      else this.#agenda.handle(plain, request, (given) => reply(outcomeOf(given)));
    });
  }

  #errandOf(id: string, request: ApiRequest, matter: Case): Errand {
    const errand: Errand = {
      id,
      // What is created has the write's name for its uid, and is known again by it.
      request: { ...request, uid: id },
      matter,
      inquiry: new Inquiry(this.#court.self, isRepeatable(request)),
      since: this.#court.revision(),
      isOver: false,
      turns: 0,
      fail: (error) => this.#end(errand, { kind: "broken", error }),
    };
    return errand;
  }

  #end(errand: Errand, outcome: Outcome): void {
    if (outcome.kind === "replied") this.#remember(errand.matter, outcome.reply);
    errand.isOver = true;
    this.#agenda.emit({ kind: "reply", id: errand.id, outcome });
  }

  #pursue(errand: Errand): void {
    const { inquiry, matter } = errand;
    const order = this.#court.orderOf(matter.collection);
    const step = inquiry.next({ order, isReady: this.#court.canDecide() });
    errand.turns += 1;
    if (errand.turns > turnsMax) return this.#end(errand, { kind: "busy" });
    switch (step.kind) {
      case "give-up":
        return this.#end(errand, { kind: "in-doubt" });
      case "wait":
        this.#agenda.pause(errand, againMs, () => this.#pursue(errand));
        return;
      case "decide":
        return this.#prepare(errand, step.isLast);
      case "ask":
        return this.#ask(step.peer, errand);
      default:
        return unreachable(step);
    }
  }

  #prepare(errand: Errand, isLast: boolean): void {
    const { matter } = errand;
    const prepare = (): void => {
      this.#court.prepare(errand, matter, (mayDecide) => {
        this.#decide(errand, mayDecide || isLast);
      });
    };
    const isKeeper = this.#court.orderOf(matter.collection).includes(this.#court.self);
    // With nobody to ask, a machine that has just come waits until it has heard of the others.
    if (isLast && isKeeper) this.#court.untilKnown(errand, matter, settleMs, prepare);
    else prepare();
  }

  /** Decides here, if it is not left to another. */
  #decide(errand: Errand, mayDecide: boolean): void {
    const { matter, inquiry, request } = errand;
    const left = this.#court.leftTo(matter.collection, (peer) => inquiry.failedAt(peer));
    if (left === undefined && mayDecide) {
      this.#agenda.handle(errand, request, (reply) => this.#end(errand, alone(reply, inquiry)));
      return;
    }
    inquiry.fail(this.#court.self, "unready");
    // Who was not to be reached has come back meanwhile, and was promised this.
    if (left !== undefined) inquiry.forgive(left);
    this.#pursue(errand);
  }

  #ask(peer: PeerId, errand: Errand): void {
    const facts = { collection: errand.matter.collection };
    this.#agenda.emit({ kind: "observe", event: "decision.asked", facts });
    const question = this.#questionOf(errand);
    const inquest = { peer, question, ms: silenceMs };
    this.#agenda.ask(errand, inquest, (answer) => {
      if (answer.kind !== "behind") return this.#hear(peer, answer, errand);
      this.#agenda.emit({ kind: "observe", event: "decision.caught-up", facts });
      const entries = this.#court.entriesOf(answer.records);
      const again = { ...inquest, question: { ...question, entries } };
      this.#agenda.ask(errand, again, (second) => this.#hear(peer, second, errand));
    });
  }

  #questionOf({ id, request, matter, inquiry }: Errand): WriteQuestion {
    return {
      kind: "write",
      id,
      request,
      isForwarded: false,
      unready: inquiry.unready,
      version: this.#versionIn(request, matter),
      known: this.#known(matter),
      entries: [],
    };
  }

  /** What the write may depend on and this machine has heard of. */
  #known({ record, namespace }: Case): readonly RecordStamp[] {
    const home = { collection: collectionOf("namespaces", ""), name: namespace };
    return [
      ...this.#court.versionOf(record),
      ...this.#court.versionOf(home).filter(({ part }) => part === "spec"),
      ...this.#recent.list(this.#agenda.now),
    ];
  }

  /** The version that a request speaks of, if it is the one that is held here now. */
  #versionIn(request: ApiRequest, { record }: Case): Version | undefined {
    const revision = revisionIn(request);
    if (revision === "" || revision !== this.#court.revisionOf(record)) return undefined;
    return { revision, parts: this.#court.versionOf(record) };
  }

  /** Passes the answer on, or asks another. */
  #hear(peer: PeerId, answer: Answer | NoAnswer, errand: Errand): void {
    if (answer.kind === "decided") {
      this.#court.takeIn(errand, peer, answer.entries, () => {
        this.#end(errand, { kind: "replied", reply: this.#reply(answer, errand) });
      });
    } else if (answer.kind === "refused") {
      const { collection } = errand.matter;
      this.#end(errand, { kind: "refused", collection, reason: answer.reason });
    } else if (answer.kind === "failed") {
      const isInDoubt = answer.code === "decision-in-doubt";
      this.#end(errand, isInDoubt ? { kind: "in-doubt" } : answer);
    } else if (answer.kind === "busy") this.#end(errand, answer);
    else {
      const isOut = answer.kind === "lost" || answer.kind === "unreachable";
      // Whatever else it says is no decision.
      this.#next(peer, isOut ? answer.kind : "unready", errand);
    }
  }

  /** Looks further: that machine has not decided. */
  #next(peer: PeerId, how: Failure, errand: Errand): void {
    errand.inquiry.fail(peer, how, this.#court.mark);
    this.#pursue(errand);
  }

  /** The decision as a client of this machine sees it: it can read what it wrote at once. */
  #reply(answer: Decided, { matter, since }: Errand): FinalReply {
    const { status, headers, warnings, revision } = answer;
    const isOfMany =
      matter.record.name === "" && isJsonObject(answer.body) && "items" in answer.body;
    const own = answer.isPresent ? this.#revisionHere(matter, answer) : "";
    const body =
      isOfMany && isJsonObject(answer.body)
        ? everyRevision(answer.body, since)
        : shownRevision(answer.body, revision, own || since);
    return { kind: "json", status, body, headers, warnings };
  }

  /** What this machine calls the version that an answer shows; empty if it has a newer one. */
  #revisionHere({ record }: Case, { entries }: Decided): string {
    const [first] = entries;
    const name = isJsonObject(first) ? first["name"] : undefined;
    if (typeof name !== "string") return "";
    const shown = { collection: record.collection, name };
    const held = this.#court.partsOf(shown);
    const isSame =
      held.length === entries.length &&
      held.every(({ stamp }) =>
        entries.some((each) => isJsonObject(each) && each["stamp"] === stamp),
      );
    return isSame ? this.#court.revisionOf(shown) : "";
  }

  /** What other writes are judged by is named to those who decide them. */
  #remember({ record }: Case, reply: FinalReply): void {
    if (reply.kind !== "json" || reply.status >= 300 || !isDecisive(record.collection)) return;
    for (const part of this.#court.versionOf(record)) {
      if (part.part === "spec") this.#recent.add(part, this.#agenda.now);
    }
  }
}

const decidedAlone =
  "the machine that decides this does not answer: this one decided, others may decide otherwise";

function outcomeOf(reply: FinalReply | undefined): Outcome {
  return reply === undefined ? { kind: "in-doubt" } : { kind: "replied", reply };
}

/** What the API said here, with a warning if another should have decided. */
function alone(reply: FinalReply | undefined, { hasMissed }: Inquiry): Outcome {
  const isWarned = hasMissed && reply?.kind === "json" && reply.status < 300;
  if (!isWarned) return outcomeOf(reply);
  const warnings = [...(reply.warnings ?? []), decidedAlone];
  return { kind: "replied", reply: { ...reply, warnings } };
}
