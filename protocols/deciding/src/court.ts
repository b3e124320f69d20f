import type { ApiRequest } from "@beemesh/ports";
import {
  type CollectionId,
  type Entry,
  isJsonObject,
  type Json,
  type PeerId,
  type RecordName,
} from "@beemesh/wire";
import type { Agenda } from "./agenda.ts";
import type { Answer } from "./answer.ts";
import type { Case } from "./case.ts";
import type { NoAnswer } from "./event.ts";
import { consultMs, entriesLengthMax, entriesMax, knowMs } from "./limits.ts";
import type { Premises } from "./premises.ts";
import type { ConsultQuestion, Version } from "./question.ts";
import type { RecordStamp } from "./record.ts";
import { Seat } from "./seat.ts";
import type { Flow } from "./waits.ts";

export interface CourtOptions {
  readonly self: PeerId;
  readonly premises: Premises;
  readonly agenda: Agenda;
}

/**
 * What both sides of a decision rest on: who decides what, by which versions, and what this
 * machine holds of it.
 */
export class Court {
  readonly self: PeerId;
  readonly #premises: Premises;
  readonly #agenda: Agenda;
  readonly #seat: Seat;

  constructor({ self, premises, agenda }: CourtOptions) {
    this.self = self;
    this.#premises = premises;
    this.#agenda = agenda;
    this.#seat = new Seat(self, agenda.now);
  }

  /** Machines came or went. */
  machinesChanged(gone: ReadonlySet<PeerId>): void {
    this.#seat.changed((peer) => gone.has(peer), this.#agenda.now);
  }

  /** Where a request is decided; undefined for what this machine answers itself. */
  caseOf(request: ApiRequest): Case | undefined {
    return this.#premises.caseOf(request);
  }

  /** The live machines that decide a collection, the one that decides first of all first. */
  orderOf(collection: CollectionId): readonly PeerId[] {
    return this.#seat.orderOf(collection, this.#premises.orderOf(collection), this.#agenda.now);
  }

  /** This machine has stood still. */
  stoodStill(): void {
    this.#seat.stoodStill(this.#agenda.now);
  }

  /** Whether this machine decides anything. */
  canDecide(): boolean {
    return this.#premises.canDecide() && !this.#seat.isDazed(this.#agenda.now);
  }

  mayWrite(peer: PeerId, collection: CollectionId): boolean {
    return this.#premises.mayWrite(peer, collection);
  }

  /** The newest revision that this machine has given out. */
  revision(): string {
    return this.#premises.revision();
  }

  /** What clients of this machine see as the version of an object; empty if it is not there. */
  revisionOf(record: RecordName): string {
    return record.name === "" ? "" : this.#premises.revisionOf(record);
  }

  /** An object's signed parts. */
  partsOf(record: RecordName): readonly Entry[] {
    return record.name === "" ? [] : this.#premises.partsOf(record);
  }

  /** The versions of an object's parts. */
  versionOf(record: RecordName): Version["parts"] {
    return this.partsOf(record).map(stampOf);
  }

  /** The version of one part that is held here. */
  stampOf(part: Omit<RecordStamp, "stamp">): RecordStamp["stamp"] | undefined {
    return this.#premises.stampOf(part);
  }

  /** Signed parts of records, as many as one message carries. */
  entriesOf(records: Iterable<RecordName>): readonly Json[] {
    const entries: Json[] = [];
    const seen = new Set<string>();
    let length = 0;
    for (const { collection, name } of records) {
      const key = `${collection}\n${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const entry of this.partsOf({ collection, name })) {
        length += entry.body.length;
        if (entries.length >= entriesMax || length > entriesLengthMax) return entries;
        entries.push({ ...entry });
      }
    }
    return entries;
  }

  /** Takes in what another machine holds, as any news of it, and ends the turn. */
  takeIn(flow: Flow, from: PeerId, entries: readonly Json[], then: () => void): void {
    const fresh = entries.filter((entry) => !this.#isHeld(entry));
    if (fresh.length === 0) then();
    else this.#agenda.takeIn(flow, from, fresh, then);
  }

  /**
   * Makes sure that nothing decided before is overlooked. Where this machine cannot know that by
   * itself, because machines came or went or the collection is new to it, it asks the other
   * keepers what they hold of the record, and to leave the collection to it.
   *
   * @param then - Gets whether this machine may decide, if it has not left it to another meanwhile.
   */
  prepare(flow: Flow, matter: Case, then: (mayDecide: boolean) => void): void {
    const isYoung = this.#seat.isYoung(this.#agenda.now);
    // Who stands in for another that does not answer knows no more than it heard of it.
    const standsIn = this.orderOf(matter.collection)[0] !== this.self;
    if (!isYoung && !standsIn && this.#premises.isKnown(matter)) return then(true);
    const consult = (): void => {
      const { stills } = this.#seat;
      this.#consult(flow, matter, (answers) => {
        // What was said before this machine stood still may be long over.
        if (stills !== this.#seat.stills) consult();
        else then(this.#hasHeard(matter, answers));
      });
    };
    if (!matter.isCounted) return consult();
    // What counts many objects needs them all; they are on their way.
    this.untilKnown(flow, matter, knowMs, (isKnown) => (isKnown ? consult() : then(false)));
  }

  /** Goes on when this machine knows what it needs, or has not come to it in time. */
  untilKnown(flow: Flow, matter: Case, ms: number, then: (isKnown: boolean) => void): void {
    this.#agenda.until(flow, { holds: () => this.#premises.isKnown(matter), ms }, then);
  }

  /** How often anything was left to anybody, up to now. */
  get mark(): number {
    return this.#seat.count;
  }

  /**
   * The machine that a collection is left to, if it has not failed since.
   *
   * @param failedAt - The {@link mark} at which a machine failed.
   */
  leftTo(
    collection: CollectionId,
    failedAt: (peer: PeerId) => number | undefined,
  ): PeerId | undefined {
    const left = this.#seat.leftTo(collection, this.#agenda.now);
    return left === undefined || (failedAt(left.to) ?? -1) >= left.count ? undefined : left.to;
  }

  /** Answers a consultation: what is held here, if the collection is left to who asks. */
  leave(to: PeerId, { collection, record }: ConsultQuestion): Answer {
    // Whose records nobody would believe has nothing to decide.
    if (!this.mayWrite(to, collection)) return { kind: "kept" };
    const isDecider = this.orderOf(collection)[0] === this.self && this.canDecide();
    return this.#seat.leave(collection, to, isDecider, this.#agenda.now)
      ? { kind: "left", entries: this.entriesOf([record]) }
      : { kind: "kept" };
  }

  /** Asks all other keepers at once; goes on when the last of them has answered, or will not. */
  #consult(flow: Flow, matter: Case, then: (answers: readonly string[]) => void): void {
    const { collection, record } = matter;
    const others = this.#premises.orderOf(collection).filter((peer) => peer !== this.self);
    if (others.length === 0) return then([]);
    const question = {
      kind: "consult",
      collection,
      record,
      known: this.versionOf(record),
    } as const;
    const answers: string[] = [];
    for (const peer of others) {
      const note = ({ kind }: Answer | NoAnswer): void => {
        if (answers.push(kind) === others.length) then(answers);
      };
      this.#agenda.ask(flow, { peer, question, ms: consultMs }, (answer) => {
        const entries = answer.kind === "left" ? answer.entries : [];
        this.takeIn(flow, peer, entries, () => note(answer));
      });
    }
  }

  /** Whether what others said lets this machine decide; what it writes is newer then. */
  #hasHeard(matter: Case, answers: readonly string[]): boolean {
    if (answers.includes("kept")) return false;
    const isKnown = this.#premises.isKnown(matter);
    if (!isKnown && answers.some((answer) => answer !== "left")) return false;
    const aheadMs = this.#seat.takeOver(matter.collection, this.#agenda.now);
    this.#agenda.emit({ kind: "take-over", aheadMs });
    return true;
  }

  #isHeld(entry: Json): boolean {
    if (!isJsonObject(entry)) return false;
    const { collection, name, part, stamp } = entry;
    if (typeof collection !== "string" || typeof name !== "string") return false;
    return typeof part === "string" && this.stampOf({ collection, name, part }) === stamp;
  }
}

function stampOf({ collection, name, part, stamp }: Entry): RecordStamp {
  return { collection, name, part, stamp };
}
