import { type Api, type Jurisdiction, jurisdictionOf } from "@beemesh/apiserver";
import type { Now } from "@beemesh/base";
import {
  entriesLengthMax,
  entriesMax,
  type RecordStamp,
  Seat,
  type Version,
} from "@beemesh/deciding";
import type { Machine } from "@beemesh/machine";
import { findResource } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import {
  type CollectionId,
  collectionOf,
  type Entry,
  isJsonObject,
  type Json,
  type PeerId,
  type RecordName,
} from "@beemesh/wire";
import type { Host } from "../host.ts";
import type { QuestionLines } from "./question-lines.ts";

/** How long others may take to say what they hold: they only have to look. */
const consultMsMax = 700;

/** How long what is new to this machine may take to come, and how often it is looked for. */
const knowMsMax = 1500;
const lookMs = 20;

export interface CourtOptions {
  readonly self: PeerId;
  readonly machine: Pick<Machine, "deciders" | "objects">;
  readonly api: Pick<Api, "revisionOf">;
  readonly host: Pick<Host, "dispatch" | "health">;
  readonly lines: Pick<QuestionLines, "ask">;
  readonly clock: () => Now;
}

/** What a write is about, and what it is decided with. */
export interface Case extends Jurisdiction {
  readonly record: RecordName;
}

/**
 * What both sides of a decision rest on: who decides what, by which versions, and what this
 * machine holds of it.
 */
export class Court {
  readonly #options: CourtOptions;
  readonly #seat: Seat;

  constructor(options: CourtOptions) {
    this.#options = options;
    this.#seat = new Seat(options.self, options.clock().at);
  }

  get self(): PeerId {
    return this.#options.self;
  }

  /** Machines came or went. */
  machinesChanged(isGone: (peer: PeerId) => boolean): void {
    this.#seat.changed(isGone, this.#options.clock().at);
  }

  /** Where a request is decided; undefined for what this machine answers itself. */
  caseOf(request: ApiRequest): Case | undefined {
    const place = jurisdictionOf(request, this.#options.machine.objects.resources, (namespace) =>
      this.#hasQuota(namespace),
    );
    if (place === undefined) return undefined;
    const { resource, namespace, name } = place;
    const scope = resource.namespaced ? namespace : "";
    const collection = collectionOf(resource.name, resource.group, scope);
    return { ...place, record: { collection, name } };
  }

  /** The live machines that decide a collection, the one that decides first of all first. */
  orderOf(collection: CollectionId): readonly PeerId[] {
    const { machine, clock } = this.#options;
    return this.#seat.orderOf(collection, machine.deciders.orderOf(collection), clock().at);
  }

  /** Whether this machine decides anything: it is settled, and its disk takes what it writes. */
  canDecide(): boolean {
    const { machine, host } = this.#options;
    return machine.deciders.mayAct && host.health.disk === "";
  }

  /** Whether this machine has heard of all that it would have to know to decide. */
  isKnown({ collection, record }: Pick<Case, "collection" | "record">): boolean {
    const { deciders } = this.#options.machine;
    return deciders.mayAct && deciders.isKept(collection) && deciders.isKnown(record.collection);
  }

  mayWrite(peer: PeerId, collection: CollectionId): boolean {
    return this.#options.machine.deciders.mayWrite(peer, collection);
  }

  /** What clients of this machine see as the version of the object; empty if it is not there. */
  revisionOf({ resource, namespace }: Case, name: string): string {
    return this.#options.api.revisionOf(resource, namespace, name) ?? "";
  }

  /** The object's signed parts. */
  partsOf(collection: CollectionId, name: string): readonly Entry[] {
    return name === "" ? [] : this.#options.machine.deciders.partsOf(collection, name);
  }

  /** The versions of the object's parts. */
  versionOf({ collection, name }: RecordName): Version["parts"] {
    return this.partsOf(collection, name).map(stampOf);
  }

  /** The version of one part that is held here. */
  stampOf({
    collection,
    name,
    part,
  }: Omit<RecordStamp, "stamp">): RecordStamp["stamp"] | undefined {
    return this.#options.machine.deciders.stampOf(collection, name, part);
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
      for (const entry of this.partsOf(collection, name)) {
        length += entry.body.length;
        if (entries.length >= entriesMax || length > entriesLengthMax) return entries;
        entries.push({ ...entry });
      }
    }
    return entries;
  }

  /** Takes in what another machine holds, as any news of it. */
  takeIn(from: PeerId, entries: readonly Json[]): void {
    const fresh = entries.filter((entry) => !this.#isHeld(entry));
    if (fresh.length === 0) return;
    const message = { k: "r.give", e: fresh };
    this.#options.host.dispatch({ kind: "link", event: { kind: "message", from, message } });
  }

  /**
   * Makes sure that nothing decided before is overlooked. Where this machine cannot know that by
   * itself, because machines came or went or the collection is new to it, it asks the other
   * keepers what they hold of the record, and to leave the collection to it.
   *
   * @returns Whether this machine may decide, if it has not left it to another meanwhile.
   */
  async prepare(matter: Case): Promise<boolean> {
    const { clock, machine } = this.#options;
    const isYoung = this.#seat.isYoung(clock().at);
    // Who stands in for another that does not answer knows no more than it heard of it.
    const standsIn = this.orderOf(matter.collection)[0] !== this.self;
    if (!isYoung && !standsIn && this.isKnown(matter)) return true;
    // What counts many objects needs them all; they are on their way.
    if (matter.isCounted && !(await this.untilKnown(matter, knowMsMax))) return false;
    const answers = await this.#consult(matter);
    if (answers.includes("kept")) return false;
    if (!this.isKnown(matter) && answers.some((answer) => answer !== "left")) return false;
    machine.deciders.takeOver(clock());
    return true;
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
    const left = this.#seat.leftTo(collection, this.#options.clock().at);
    return left === undefined || (failedAt(left.to) ?? -1) >= left.count ? undefined : left.to;
  }

  /** Waits until this machine knows what it needs, or has not come to it in time. */
  async untilKnown(matter: Pick<Case, "collection" | "record">, msMax: number): Promise<boolean> {
    const deadline = performance.now() + msMax;
    while (!this.isKnown(matter)) {
      if (performance.now() >= deadline) return false;
      await new Promise((resolve) => {
        setTimeout(resolve, lookMs);
      });
    }
    return true;
  }

  #consult({ collection, record }: Case): Promise<readonly string[]> {
    const { lines, machine } = this.#options;
    const others = machine.deciders.orderOf(collection).filter((peer) => peer !== this.self);
    const known = this.versionOf(record);
    const question = { kind: "consult", collection, record, known } as const;
    return Promise.all(
      others.map(async (peer) => {
        const answer = await lines.ask(peer, question, consultMsMax);
        if (answer.kind === "left") this.takeIn(peer, answer.entries);
        return answer.kind;
      }),
    );
  }

  /** Answers a consultation: what is held here, if the collection is left to who asks. */
  leave(
    to: PeerId,
    { collection, record }: { readonly collection: CollectionId; readonly record: RecordName },
  ): readonly Json[] | undefined {
    const { clock } = this.#options;
    // Whose records nobody would believe has nothing to decide.
    if (!this.mayWrite(to, collection)) return undefined;
    const isDecider = this.orderOf(collection)[0] === this.self && this.canDecide();
    return this.#seat.leave(collection, to, isDecider, clock().at)
      ? this.entriesOf([record])
      : undefined;
  }

  #hasQuota(namespace: string): boolean {
    const quotas = findResource("", "resourcequotas");
    const { objects } = this.#options.machine;
    return quotas !== undefined && objects.list(quotas, namespace).items.length > 0;
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
