import { type Api, createApi, reunionKinds, verdictOfReply } from "@beemesh/apiserver";
import type { Now } from "@beemesh/base";
import { Machine, type MachineEffect, type NodeFacts } from "@beemesh/machine";
import { derivedUid } from "@beemesh/model";
import type { ApiReply, ApiRequest, ObjectStore } from "@beemesh/ports";
import { revisionNote } from "@beemesh/registry";
import { keyring, signerOf } from "./keyring.ts";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { markingWebhook } from "./webhook.ts";

/** The whole program of a machine, as the daemon runs it, with its API. */
export class MachineNode implements SimulatedNode {
  readonly machine: Machine;
  readonly #api: Api;
  #uids = 0;

  constructor({ id, now, random, incarnation, entries, notes }: Boot, facts: NodeFacts) {
    this.machine = new Machine({
      facts,
      signer: signerOf(id),
      verifier: keyring,
      random,
      now,
      incarnation,
      entries,
      ceiling: notes.get(revisionNote),
      kinds: reunionKinds,
    });
    this.#api = createApi({
      store: this.machine.objects,
      random,
      makeUid: () => derivedUid(`${id}/${incarnation}/${(this.#uids += 1)}`),
      isAlive: (name) => this.machine.isAlive(name),
    });
  }

  get objects(): ObjectStore {
    return this.machine.objects;
  }

  /** Takes an event, as the daemon does; the API makes its namespaces between start and found. */
  step(event: NodeEvent, now: Now): readonly NodeEffect[] {
    const effects = this.#performed(this.machine.step(event, now), now);
    if (event.kind !== "start") return effects;
    this.#api.bootstrap(now);
    return [...effects, ...this.#performed(this.machine.step({ kind: "tick" }, now), now)];
  }

  /** Simulated pods use nothing: whoever asks what machines use hears so at once. */
  #performed(effects: readonly MachineEffect[], now: Now): readonly NodeEffect[] {
    return effects.flatMap((effect) => {
      if (effect.kind === "admit") return this.#performed(this.#judged(effect, now), now);
      if (effect.kind !== "measure") return [effect];
      const answer = { kind: "usage", uid: effect.uid, usages: [] } as const;
      return this.#performed(this.machine.step(answer, now), now);
    });
  }

  /** The chain of admission is the daemon's; there is one program that webhooks lead to. */
  #judged(making: Extract<MachineEffect, { kind: "admit" }>, now: Now): readonly MachineEffect[] {
    let reply = this.#api.judgePod(making, now);
    while (reply.kind === "consult") {
      reply = reply.resume(reply.calls.map(markingWebhook), now);
    }
    const uid = making.pod.metadata.uid ?? "";
    return this.machine.step({ kind: "admitted", uid, verdict: verdictOfReply(reply) }, now);
  }

  /** Answers a request to the API, and lets the machine act on what it wrote. */
  request(
    request: ApiRequest,
    now: Now,
  ): { readonly reply: ApiReply; readonly effects: readonly NodeEffect[] } {
    const reply = this.#api.handle(request, now);
    return { reply, effects: this.#performed(this.machine.step({ kind: "tick" }, now), now) };
  }
}
