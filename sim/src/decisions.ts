import { type Instant, type Now, unreachable } from "@beemesh/base";
import {
  answerJson,
  Deciding,
  type DecidingEffect,
  type DecidingEvent,
  type Premises,
  type Prompt,
  questionJson,
  readAnswer,
  readQuestion,
} from "@beemesh/deciding";
import type { ApiRequest, FinalReply, LinkEvent } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { NodeEffect } from "./node.ts";

/** What a machine does for its decisions, each with what comes of it for the world. */
export interface Hands {
  readonly self: PeerId;
  readonly premises: Premises;
  /** Answers a request by what is here. */
  handle(
    request: ApiRequest,
    now: Now,
  ): { readonly reply: FinalReply; readonly effects: readonly NodeEffect[] };
  /** Takes in what another machine holds. */
  takeIn(from: PeerId, entries: readonly Json[], now: Now): readonly NodeEffect[];
  takeOver(aheadMs: number, now: Now): void;
  /** Has a copy of what a request is decided by kept here. */
  follow(request: ApiRequest): void;
}

/** Tickets whose holding is known before anybody asks; of more the oldest are forgotten. */
const earlyMax = 1024;

type Holding = Extract<NodeEffect, { kind: "acknowledged" }>;

/** What was asked of this machine by another, under the number that the other gave it. */
interface Asked {
  readonly peer: PeerId;
  readonly number: number;
}

/**
 * One machine's part in deciding, with messages for streams: what the daemon does in real time.
 * What happens while something is done waits until that is over.
 */
export class Decisions {
  readonly #hands: Hands;
  readonly #deciding: Deciding;
  readonly #queue: DecidingEvent[] = [];
  /** Whom questions were put to that have no answer yet. */
  readonly #questions = new Map<number, PeerId>();
  readonly #asked = new Map<number, Asked>();
  readonly #confirms = new Map<number, number>();
  readonly #early = new Map<number, Holding>();
  #references = 0;
  #wakesAt: Instant | undefined;

  constructor(hands: Hands, now: Now) {
    this.#hands = hands;
    const { self, premises } = hands;
    this.#deciding = new Deciding({ self, premises, now });
  }

  /** Takes note of something that {@link run} is to deal with. */
  add(event: DecidingEvent): void {
    this.#queue.push(event);
  }

  /** Takes a message of another machine about decisions; false if it is none. */
  hear(event: LinkEvent): boolean {
    if (event.kind === "disconnected") this.#hangUp(event.peer);
    if (event.kind !== "message" || !isJsonObject(event.message)) return false;
    const { from, message } = event;
    const { k: kind, n: number } = message;
    if ((kind !== "d.ask" && kind !== "d.answer") || typeof number !== "number") return false;
    const question = kind === "d.ask" ? readQuestion(message["q"]) : undefined;
    if (question !== undefined) {
      this.#references += 1;
      this.#asked.set(this.#references, { peer: from, number });
      this.add({ kind: "heard", from, reference: this.#references, question });
    }
    const answer = kind === "d.answer" ? readAnswer(message["a"]) : undefined;
    if (answer !== undefined) this.#answered(from, number, answer);
    return true;
  }

  /** Takes note of what the machine says of its writes and of others. */
  note(effect: NodeEffect, gone: () => ReadonlySet<PeerId>): void {
    if (effect.kind === "machines") this.add({ kind: "machines", gone: gone() });
    if (effect.kind !== "acknowledged") return;
    const number = this.#confirms.get(effect.ticket);
    if (number !== undefined) return this.#confirm(number, effect);
    this.#early.set(effect.ticket, effect);
    const [oldest] = this.#early.keys();
    if (this.#early.size > earlyMax && oldest !== undefined) this.#early.delete(oldest);
  }

  /** Deals with all that has happened; gives what is to be done in the world. */
  run(now: Now): readonly NodeEffect[] {
    if (this.#deciding.wakeAt <= now.at) this.add({ kind: "tick" });
    const world: NodeEffect[] = [];
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      for (let event: DecidingEvent | undefined = next; event !== undefined; ) {
        const effects = this.#deciding.step(event, now);
        event = undefined;
        for (const effect of effects) event = this.#perform(effect, now, world) ?? event;
      }
    }
    const { wakeAt: at } = this.#deciding;
    if (at !== this.#wakesAt) world.push({ kind: "wake", at });
    this.#wakesAt = at;
    return world;
  }

  #perform(effect: DecidingEffect, now: Now, world: NodeEffect[]): DecidingEvent | undefined {
    if (effect.kind === "handle") return this.#handle(effect, now, world);
    if (effect.kind === "take-in") {
      world.push(...this.#hands.takeIn(effect.from, effect.entries, now));
      return { kind: "taken", number: effect.number };
    }
    this.#act(effect, now, world);
    return undefined;
  }

  #act(effect: Exclude<DecidingEffect, Prompt>, now: Now, world: NodeEffect[]): void {
    switch (effect.kind) {
      case "ask": {
        const { number, peer, question } = effect;
        this.#questions.set(number, peer);
        const message = { k: "d.ask", n: number, q: questionJson(question) };
        world.push({ kind: "stream", to: peer, message });
        return;
      }
      case "forget":
        this.#questions.delete(effect.number);
        return;
      case "answer":
        return this.#answer(effect, world);
      case "bring":
        this.#hands.follow(effect.request);
        return this.add({ kind: "brought", number: effect.number });
      case "confirm": {
        const early = this.#early.get(effect.ticket);
        if (early !== undefined) this.#confirm(effect.number, early);
        else this.#confirms.set(effect.ticket, effect.number);
        return;
      }
      case "take-over":
        return this.#hands.takeOver(effect.aheadMs, now);
      case "reply":
      case "observe":
        world.push(effect);
        return;
      default:
        return unreachable(effect);
    }
  }

  #handle(
    { number, request }: Extract<Prompt, { kind: "handle" }>,
    now: Now,
    world: NodeEffect[],
  ): DecidingEvent {
    const { reply, effects } = this.#hands.handle(request, now);
    const matter = this.#hands.premises.caseOf(request);
    const part = matter && { ...matter.record, part: "spec" };
    const stamp = part && this.#hands.premises.stampOf(part);
    const isDone = reply.kind === "json" && reply.status < 300;
    if (isDone && stamp !== undefined && request.uid !== undefined) {
      // Before the disk has it: a machine that dies in between may have told somebody.
      world.push({ kind: "written", id: request.uid, uid: uidOf(reply.body), stamp });
    }
    world.push(...effects);
    return { kind: "handled", number, reply };
  }

  #answer(
    { reference, answer }: Extract<DecidingEffect, { kind: "answer" }>,
    world: NodeEffect[],
  ): void {
    const asked = this.#asked.get(reference);
    if (asked === undefined) return;
    if (answer.kind !== "working") this.#asked.delete(reference);
    const message = { k: "d.answer", n: asked.number, a: answerJson(answer) };
    world.push({ kind: "stream", to: asked.peer, message });
  }

  #answered(
    from: PeerId,
    number: number,
    answer: NonNullable<ReturnType<typeof readAnswer>>,
  ): void {
    // Who has booted since counts anew: an answer is to a question to this very machine.
    if (this.#questions.get(number) !== from) return;
    if (answer.kind !== "working") this.#questions.delete(number);
    this.add({ kind: "answered", number, answer });
  }

  #confirm(number: number, { ticket, holders, of }: Holding): void {
    this.#confirms.delete(ticket);
    this.#early.delete(ticket);
    const warnings = holders * 2 > of ? [] : [`the write is held by ${holders} of ${of} keepers`];
    this.add({ kind: "confirmed", number, warnings });
  }

  /** A connection is gone, and with it what was asked over it. */
  #hangUp(peer: PeerId): void {
    for (const [number, asked] of this.#questions) {
      if (asked !== peer) continue;
      this.#questions.delete(number);
      this.add({ kind: "answered", number, answer: { kind: "lost" } });
    }
    for (const [reference, asked] of this.#asked) {
      if (asked.peer === peer) this.#asked.delete(reference);
    }
  }
}

function uidOf(body: unknown): string {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const uid = isJsonObject(metadata) ? metadata["uid"] : undefined;
  return typeof uid === "string" ? uid : "";
}
