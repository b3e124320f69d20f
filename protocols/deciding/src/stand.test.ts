/** One machine that decides, and what its world says: for stories of single steps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { type Entry, formatStamp, type Json } from "@beemesh/wire";
import type { Answer } from "./answer.ts";
import type { Case } from "./case.ts";
import { Deciding } from "./deciding.ts";
import type { DecidingEffect, DecidingEvent, NoAnswer, Outcome } from "./event.ts";
import { youthMs } from "./limits.ts";
import type { Premises } from "./premises.ts";
import type { Question, WriteQuestion } from "./question.ts";

const collection = "configmaps/default";

export const matter: Case = {
  collection,
  record: { collection, name: "a" },
  namespace: "default",
  isCounted: false,
};

const stamp = formatStamp({ wallMs: 5, counter: 0, machine: "me" });

/** What is held of the record. */
export const entry: Entry = {
  collection,
  name: "a",
  part: "spec",
  stamp,
  author: "me",
  body: "{}",
  signature: "s",
};

export const present = [{ collection, name: "a", part: "spec", stamp }];

export const put: ApiRequest = {
  method: "PUT",
  path: ["api", "v1", "namespaces", "default", "configmaps", "a"],
  query: new Map(),
  accept: "application/json",
  contentType: "application/json",
  body: { metadata: { name: "a", resourceVersion: "12" } },
  user: { name: "ann", groups: ["system:masters"] },
};

/** A PATCH that must not be done twice. */
export const steps: ApiRequest = {
  ...put,
  method: "PATCH",
  contentType: "application/json-patch+json",
};

export const question: WriteQuestion = {
  kind: "write",
  id: "w1",
  request: put,
  isForwarded: false,
  unready: [],
  version: { revision: "12", parts: present },
  known: [],
  entries: [],
};

export const shownBody = { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "700" } };

/** This machine decides, and knows all; ann may write, and is the next. */
const calm: Premises = {
  caseOf: () => matter,
  orderOf: () => ["me", "ann"],
  canDecide: () => true,
  isKnown: () => true,
  mayWrite: (peer) => peer !== "eve",
  revision: () => "700",
  revisionOf: () => "700",
  partsOf: ({ name }) => (name === "a" ? [entry] : []),
  stampOf: ({ name }) => (name === "a" ? stamp : undefined),
};

type Ask = Extract<DecidingEffect, { kind: "ask" }>;

/** A machine whose world answers nothing by itself but what must be answered at once. */
export class Stand {
  readonly effects: DecidingEffect[] = [];
  readonly handled: ApiRequest[] = [];
  readonly taken: Json[] = [];
  reply: FinalReply = { kind: "json", status: 200, body: shownBody };
  /** Whether the API asks others first. */
  isSlow = false;
  readonly #deciding: Deciding;
  #nowMs = 0;

  constructor(premises: Partial<Premises> = {}, { isYoung = false } = {}) {
    this.#deciding = new Deciding({
      self: "me",
      premises: { ...calm, ...premises },
      now: this.#now,
    });
    if (!isYoung) this.pass(youthMs);
  }

  get #now(): Now {
    return { at: instantAt(this.#nowMs), wallMs: this.#nowMs };
  }

  get wakeAt(): number {
    return this.#deciding.wakeAt;
  }

  /** The machine stands still: time passes, and it takes part in nothing. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  /** Tells of something, and of what comes of it at once; gives all that is to be done. */
  tell(first: DecidingEvent): readonly DecidingEffect[] {
    const begun = this.effects.length;
    for (let event: DecidingEvent | undefined = first; event !== undefined; ) {
      const effects = this.#deciding.step(event, this.#now);
      this.effects.push(...effects);
      event = undefined;
      for (const effect of effects) event = this.#perform(effect) ?? event;
    }
    return this.effects.slice(begun);
  }

  /** Lets time pass, with every tick that is wanted. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const { wakeAt } = this.#deciding;
      if (wakeAt > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, wakeAt);
      this.tell({ kind: "tick" });
    }
    this.#nowMs = untilMs;
  }

  ask(request: ApiRequest, id = "w0"): readonly DecidingEffect[] {
    return this.tell({ kind: "asked", id, request });
  }

  hear(asked: Question, from = "ann", reference = 1): readonly DecidingEffect[] {
    return this.tell({ kind: "heard", from, reference, question: asked });
  }

  /** The questions that went out, oldest first. */
  get asked(): readonly Ask[] {
    return this.effects.filter((effect) => effect.kind === "ask");
  }

  /** Answers the newest question to a machine. */
  answer(peer: string, answer: Answer | NoAnswer): readonly DecidingEffect[] {
    const asked = this.asked.findLast((effect) => effect.peer === peer);
    assert(asked !== undefined, `${peer} was asked`);
    return this.tell({ kind: "answered", number: asked.number, answer });
  }

  /** What is to be brought is here. */
  bring(): readonly DecidingEffect[] {
    const bring = this.effects.findLast((effect) => effect.kind === "bring");
    assert(bring !== undefined, "something is brought");
    return this.tell({ kind: "brought", number: bring.number });
  }

  confirm(warnings: readonly string[]): readonly DecidingEffect[] {
    const confirm = this.effects.findLast((effect) => effect.kind === "confirm");
    assert(confirm !== undefined, "something is confirmed");
    return this.tell({ kind: "confirmed", number: confirm.number, warnings });
  }

  /** What others were answered. */
  get answers(): readonly Answer[] {
    return this.effects.flatMap((effect) => (effect.kind === "answer" ? [effect.answer] : []));
  }

  /** What clients were told. */
  get outcomes(): readonly Outcome[] {
    return this.effects.flatMap((effect) => (effect.kind === "reply" ? [effect.outcome] : []));
  }

  #perform(effect: DecidingEffect): DecidingEvent | undefined {
    if (effect.kind === "take-in") {
      this.taken.push(...effect.entries);
      return { kind: "taken", number: effect.number };
    }
    if (effect.kind !== "handle") return undefined;
    this.handled.push(effect.request);
    const { number } = effect;
    return this.isSlow
      ? { kind: "handling", number }
      : { kind: "handled", number, reply: this.reply };
  }
}

test("a machine that decides by itself answers at once", () => {
  const stand = new Stand();
  const kinds = stand.ask(put).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["handle", "reply"]);
  assert.deepEqual(stand.outcomes, [{ kind: "replied", reply: stand.reply }]);
});
