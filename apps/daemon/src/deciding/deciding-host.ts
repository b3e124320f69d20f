import { randomUUID } from "node:crypto";
import { type Api, premisesOf } from "@beemesh/apiserver";
import { BeeError, type Instant, type Now, unreachable } from "@beemesh/base";
import { Deciding, type DecidingEffect, type DecidingEvent, type Prompt } from "@beemesh/deciding";
import type { Machine } from "@beemesh/machine";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Host } from "../host.ts";
import { replyOf } from "./outcome-reply.ts";
import { QuestionDesk } from "./question-desk.ts";
import { QuestionLines, type Streams } from "./question-lines.ts";

export interface DecidingHostOptions {
  readonly self: PeerId;
  readonly machine: Pick<Machine, "deciders" | "members" | "objects">;
  readonly api: Pick<Api, "revisionOf">;
  readonly host: Pick<Host, "dispatch" | "health">;
  readonly streams: Streams;
  readonly clock: () => Now;
  /** Brings here what a request is decided by. */
  readonly bring: (request: ApiRequest) => Promise<void>;
  /** Answers a request by what is here: at once, or when webhooks have been asked. */
  readonly handle: (request: ApiRequest) => FinalReply | Promise<FinalReply>;
  /** Waits until a write is held widely enough; gives warnings if it is not. */
  readonly acknowledged: (ticket: number) => Promise<readonly string[]>;
  readonly observe: (event: string, facts: Readonly<Record<string, string>>) => void;
}

interface Client {
  readonly resolve: (reply: FinalReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs {@link Deciding} in real time: one event after another, each effect in its order, over a
 * stream to each machine that is asked.
 */
export class DecidingHost {
  readonly #options: DecidingHostOptions;
  readonly #deciding: Deciding;
  readonly #lines: QuestionLines;
  readonly #desk: QuestionDesk;
  readonly #clients = new Map<string, Client>();
  readonly #queue: DecidingEvent[] = [];
  #isStepping = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt: Instant | undefined;

  constructor(options: DecidingHostOptions) {
    const { self, machine, api, host, clock, streams } = options;
    const { deciders, objects } = machine;
    const isDiskWell = (): boolean => host.health.disk === "";
    const premises = premisesOf({ api, objects, deciders, isDiskWell });
    this.#options = options;
    this.#deciding = new Deciding({ self, premises, now: clock() });
    this.#lines = new QuestionLines(streams, (event) => this.#dispatch(event));
    this.#desk = new QuestionDesk((event) => this.#dispatch(event));
    this.#arm();
  }

  /** Decides what other machines are asked to write. */
  serve(streams: Streams): Promise<void> {
    return this.#desk.serve(streams);
  }

  /** Answers a request, by whoever decides it. */
  decide(request: ApiRequest): Promise<FinalReply> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      this.#clients.set(id, { resolve, reject });
      this.#dispatch({ kind: "asked", id, request });
    });
  }

  /** Machines came or went: others decide now. */
  machinesChanged(): void {
    const gone = new Set<PeerId>();
    for (const [peer, { state }] of this.#options.machine.members()) {
      if (state === "dead" || state === "left") gone.add(peer);
    }
    // The machine is in the midst of a step: nothing is decided before that is over.
    this.#queue.push({ kind: "machines", gone });
    queueMicrotask(() => this.#run());
    this.#lines.abandon((peer) => gone.has(peer));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#desk.close();
    this.#lines.close();
  }

  #dispatch(event: DecidingEvent): void {
    this.#queue.push(event);
    this.#run();
  }

  #run(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#take(next);
      }
    } finally {
      this.#isStepping = false;
    }
    this.#arm();
  }

  /** Takes an event, and what comes at once of what it has done. */
  #take(first: DecidingEvent): void {
    for (let event: DecidingEvent | undefined = first; event !== undefined; ) {
      const effects = this.#deciding.step(event, this.#options.clock());
      event = undefined;
      for (const effect of effects) event = this.#perform(effect) ?? event;
    }
  }

  /** Performs an effect; gives what came of it, if that is known at once. */
  #perform(effect: DecidingEffect): DecidingEvent | undefined {
    if (effect.kind === "handle") return this.#handle(effect);
    if (effect.kind === "take-in") return this.#takeIn(effect);
    this.#act(effect);
    return undefined;
  }

  #act(effect: Exclude<DecidingEffect, Prompt>): void {
    switch (effect.kind) {
      case "ask":
        return this.#lines.ask(effect.peer, effect.number, effect.question);
      case "forget":
        return this.#lines.forget(effect.peer, effect.number);
      case "answer":
        return this.#desk.answer(effect.reference, effect.answer);
      case "bring":
      case "confirm":
        void this.#wait(effect);
        return;
      case "take-over":
        return this.#options.machine.deciders.takeOver(effect.aheadMs, this.#options.clock());
      case "reply":
        return this.#reply(effect);
      case "observe":
        return this.#options.observe(effect.event, effect.facts);
      default:
        return unreachable(effect);
    }
  }

  #handle({ number, request }: Extract<DecidingEffect, { kind: "handle" }>): DecidingEvent {
    try {
      const reply = this.#options.handle(request);
      if (!(reply instanceof Promise)) return { kind: "handled", number, reply };
      void this.#later(number, async () => ({ kind: "handled", number, reply: await reply }));
      return { kind: "handling", number };
    } catch (error) {
      return { kind: "failed", number, error };
    }
  }

  #takeIn({ number, from, entries }: Extract<DecidingEffect, { kind: "take-in" }>): DecidingEvent {
    const message = { k: "r.give", e: entries };
    this.#options.host.dispatch({ kind: "link", event: { kind: "message", from, message } });
    return { kind: "taken", number };
  }

  #wait(effect: Extract<DecidingEffect, { kind: "bring" | "confirm" }>): Promise<void> {
    const { number } = effect;
    return this.#later(number, async () => {
      if (effect.kind === "confirm") {
        const warnings = await this.#options.acknowledged(effect.ticket);
        return { kind: "confirmed", number, warnings };
      }
      await this.#options.bring(effect.request);
      return { kind: "brought", number };
    });
  }

  /** Tells what comes of something that takes time. */
  async #later(number: number, come: () => Promise<DecidingEvent>): Promise<void> {
    const event = await come().catch(
      (error: unknown): DecidingEvent => ({ kind: "failed", number, error }),
    );
    this.#dispatch(event);
  }

  #reply({ id, outcome }: Extract<DecidingEffect, { kind: "reply" }>): void {
    const client = this.#clients.get(id);
    this.#clients.delete(id);
    if (outcome.kind === "broken") client?.reject(outcome.error);
    else {
      const reply = replyOf(outcome);
      if (reply instanceof BeeError) client?.reject(reply);
      else client?.resolve(reply);
    }
  }

  /** Sets the timer for the first tick that is wanted. */
  #arm(): void {
    const { wakeAt } = this.#deciding;
    if (this.#isClosed || wakeAt === this.#wakesAt) return;
    this.#wakesAt = wakeAt;
    clearTimeout(this.#timer);
    const ms = Math.max(0, Math.ceil(wakeAt - this.#options.clock().at));
    this.#timer = setTimeout(() => {
      this.#wakesAt = undefined;
      this.#dispatch({ kind: "tick" });
    }, ms);
  }
}
