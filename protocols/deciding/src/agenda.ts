import { after, assert, type Instant, type Now, unreachable } from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import type { Json, PeerId } from "@beemesh/wire";
import type { Answer } from "./answer.ts";
import type { DecidingEffect, DecidingEvent, NoAnswer, Prompt } from "./event.ts";
import { bringMs, confirmMs, handleMs, lookMs } from "./limits.ts";
import type { Question } from "./question.ts";
import { type Flow, type Wait, Waits } from "./waits.ts";

/** A question to another machine. */
export interface Inquest {
  readonly peer: PeerId;
  readonly question: Question;
  /** How long the other may say nothing. */
  readonly ms: number;
}

interface Turn {
  readonly flow: Flow;
  readonly run: () => void;
}

/**
 * What is under way: what each write waits for, what is to go on now, and what is to be done.
 *
 * What goes on takes turns. A turn that ends by having something done at once, such as a request
 * handled, is the last of its step: until what came of it is told nobody else has a turn. So
 * between a look at what there is and the deed that rests on it nothing happens.
 */
export class Agenda {
  #now: Now;
  #effects: DecidingEffect[] = [];
  readonly #turns: Turn[] = [];
  /** The number of what is being done at once. */
  #prompted: number | undefined;
  #count = 0;
  #wakeAt: Instant | undefined;
  readonly #answers = new Waits<Answer | NoAnswer>();
  readonly #peers = new Map<number, PeerId>();
  readonly #replies = new Waits<FinalReply | undefined>();
  readonly #warnings = new Waits<readonly string[] | undefined>();
  /** What says nothing when it comes: pauses, and what is brought or taken in. */
  readonly #signals = new Waits<undefined>();

  constructor(now: Now) {
    this.#now = now;
  }

  get now(): Instant {
    return this.#now.at;
  }

  /** When the first wait is over, or sooner. */
  get wakeAt(): Instant | undefined {
    return this.#wakeAt;
  }

  /** Begins a step. */
  open(event: DecidingEvent, now: Now): void {
    this.#now = now;
    const number = "number" in event ? event.number : undefined;
    assert(
      this.#prompted === undefined || this.#prompted === number,
      "what is done at once is told before anything else",
    );
    this.#prompted = undefined;
  }

  /** Gives everybody a turn who has one, and ends the step. */
  close(): readonly DecidingEffect[] {
    while (this.#prompted === undefined) {
      const turn = this.#turns.shift();
      if (turn === undefined) break;
      this.#take(turn);
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  emit(effect: Exclude<DecidingEffect, Prompt>): void {
    this.#effects.push(effect);
  }

  /** Gives a flow a turn. */
  go(flow: Flow, run: () => void): void {
    this.#turns.push({ flow, run });
  }

  /** Asks another machine; `then` gets its answer, or that there is none. */
  ask(flow: Flow, { peer, question, ms }: Inquest, then: Wait<Answer | NoAnswer>["onEnd"]): void {
    const number = this.#begin(this.#answers, { flow, ms, late: { kind: "lost" }, onEnd: then });
    this.#peers.set(number, peer);
    this.emit({ kind: "ask", number, peer, question });
  }

  /** Brings here what a request is decided by, or goes on without it. */
  bring(flow: Flow, request: ApiRequest, then: () => void): void {
    const number = this.#begin(this.#signals, { flow, ms: bringMs, late: undefined, onEnd: then });
    this.emit({ kind: "bring", number, request });
  }

  /** Waits until a write is held; `then` gets undefined if nobody says so in time. */
  confirm(
    flow: Flow,
    ticket: number,
    then: (warnings: readonly string[] | undefined) => void,
  ): void {
    const number = this.#begin(this.#warnings, {
      flow,
      ms: confirmMs,
      late: undefined,
      onEnd: then,
    });
    this.emit({ kind: "confirm", number, ticket });
  }

  /** Ends the turn: has a request answered. `then` gets undefined if nobody can say how. */
  handle(flow: Flow, request: ApiRequest, then: (reply: FinalReply | undefined) => void): void {
    const number = this.#begin(this.#replies, { flow, ms: handleMs, late: undefined, onEnd: then });
    this.#prompt({ kind: "handle", number, request });
  }

  /** Ends the turn: takes in what another holds. */
  takeIn(flow: Flow, from: PeerId, entries: readonly Json[], then: () => void): void {
    const number = this.#begin(this.#signals, { flow, ms: bringMs, late: undefined, onEnd: then });
    this.#prompt({ kind: "take-in", number, from, entries });
  }

  /** Goes on after a while; gives the number to {@link cancel} it by. */
  pause(flow: Flow, ms: number, then: () => void): number {
    return this.#begin(this.#signals, { flow, ms, late: undefined, onEnd: then });
  }

  cancel(pause: number | undefined): void {
    if (pause !== undefined) this.#signals.end(pause);
  }

  /** Goes on when something holds, or has not come to hold in time. */
  until(
    flow: Flow,
    { holds, ms }: { readonly holds: () => boolean; readonly ms: number },
    then: (doesHold: boolean) => void,
  ): void {
    const deadline = after(this.now, ms);
    const look = (): void => {
      if (holds()) then(true);
      else if (this.now >= deadline) then(false);
      else this.pause(flow, lookMs, look);
    };
    look();
  }

  /** Something has come that was waited for. */
  come(event: Extract<DecidingEvent, { readonly number: number }>): void {
    const { number } = event;
    switch (event.kind) {
      case "sent":
        return this.#answers.renew(number, this.now);
      case "answered":
        // Whoever says that it is at it is waited for.
        if (event.answer.kind === "working") this.#answers.renew(number, this.now);
        else this.#end(this.#answers, number, event.answer);
        return;
      case "brought":
      case "taken":
        return this.#end(this.#signals, number, undefined);
      case "handling":
        return;
      case "handled":
        return this.#end(this.#replies, number, event.reply);
      case "confirmed":
        return this.#end(this.#warnings, number, event.warnings);
      case "failed":
        return this.#fail(number, event.error);
      default:
        return unreachable(event);
    }
  }

  /** Gives up what was asked of machines that are gone. */
  abandon(gone: ReadonlySet<PeerId>): void {
    for (const [number, peer] of this.#peers) if (gone.has(peer)) this.#giveUp(number, peer);
  }

  /** Gives up what has not come in time. */
  tick(): void {
    for (const number of this.#answers.late(this.now)) {
      const peer = this.#peers.get(number);
      if (peer !== undefined) this.#giveUp(number, peer);
    }
    this.#expire(this.#replies);
    this.#expire(this.#warnings);
    this.#expire(this.#signals);
    this.#wakeAt = undefined;
    const all = [this.#answers, this.#replies, this.#warnings, this.#signals];
    for (const { first } of all) this.#wakeBy(first);
  }

  #fail(number: number, error: unknown): void {
    for (const waits of [this.#signals, this.#replies, this.#warnings]) {
      const wait = waits.end(number);
      if (wait !== undefined) this.go(wait.flow, () => wait.flow.fail(error));
    }
  }

  #giveUp(number: number, peer: PeerId): void {
    this.emit({ kind: "forget", number, peer });
    this.#end(this.#answers, number, { kind: "lost" });
  }

  #expire<Value>(waits: Waits<Value>): void {
    for (const number of waits.late(this.now)) {
      const wait = waits.end(number);
      if (wait !== undefined) this.go(wait.flow, () => wait.onEnd(wait.late));
    }
  }

  #begin<Value>(waits: Waits<Value>, wait: Wait<Value>): number {
    this.#count += 1;
    this.#wakeBy(waits.begin(this.#count, wait, this.now));
    return this.#count;
  }

  #end<Value>(waits: Waits<Value>, number: number, value: Value): void {
    this.#peers.delete(number);
    const wait = waits.end(number);
    if (wait !== undefined) this.go(wait.flow, () => wait.onEnd(value));
  }

  #prompt(effect: Prompt): void {
    assert(this.#prompted === undefined, "a turn ends with what is done at once");
    this.#prompted = effect.number;
    this.#effects.push(effect);
  }

  #take({ flow, run }: Turn): void {
    if (flow.isOver) return;
    try {
      run();
    } catch (error) {
      if (flow.isOver) throw error;
      flow.fail(error);
    }
  }

  #wakeBy(at: Instant | undefined): void {
    if (at === undefined) return;
    if (this.#wakeAt === undefined || at < this.#wakeAt) this.#wakeAt = at;
  }
}
