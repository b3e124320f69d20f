import { type Api, createApi, premisesOf, reunionKinds, verdictOfReply } from "@beemesh/apiserver";
import type { Now } from "@beemesh/base";
import { Machine, type MachineEffect, type NodeFacts } from "@beemesh/machine";
import { derivedUid } from "@beemesh/model";
import type { ApiRequest, FinalReply, ObjectStore } from "@beemesh/ports";
import { revisionNote } from "@beemesh/registry";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { Decisions, type Hands } from "./decisions.ts";
import { keyring, signerOf } from "./keyring.ts";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { markingWebhook } from "./webhook.ts";

/** What a request was answered, and what came of that for the world. */
interface Answered {
  readonly reply: FinalReply;
  readonly effects: readonly NodeEffect[];
}

/** The whole program of a machine, as the daemon runs it, with its API. */
export class MachineNode implements SimulatedNode {
  readonly machine: Machine;
  readonly #api: Api;
  readonly #decisions: Decisions;
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
    this.#decisions = new Decisions(this.#handsOf(id), now);
  }

  get objects(): ObjectStore {
    return this.machine.objects;
  }

  /** Takes an event, as the daemon does; the API makes its namespaces between start and found. */
  step(event: NodeEvent, now: Now): readonly NodeEffect[] {
    if (event.kind === "link" && this.#decisions.hear(event.event)) {
      return this.#decisions.run(now);
    }
    const effects = [...this.#performed(this.machine.step(event, now), now)];
    if (event.kind === "start") {
      this.#api.bootstrap(now);
      effects.push(...this.#performed(this.machine.step({ kind: "tick" }, now), now));
    }
    return [...effects, ...this.#decisions.run(now)];
  }

  /** A client asks for a write: whoever decides it does, and an effect tells what came of it. */
  decide(id: string, request: ApiRequest, now: Now): readonly NodeEffect[] {
    this.#follow(request);
    this.#decisions.add({ kind: "asked", id, request });
    return this.#decisions.run(now);
  }

  /** Simulated pods use nothing: whoever asks what machines use hears so at once. */
  #performed(effects: readonly MachineEffect[], now: Now): readonly NodeEffect[] {
    return effects.flatMap((effect) => {
      if (effect.kind === "admit") return this.#performed(this.#judged(effect, now), now);
      if (effect.kind !== "measure") {
        this.#decisions.note(effect, () => this.#gone());
        return [effect];
      }
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

  /** Answers a request by what is here, whoever decides it. */
  request(request: ApiRequest, now: Now): Answered {
    this.#follow(request);
    const { reply, effects } = this.#handle(request, now);
    return { reply, effects: [...effects, ...this.#decisions.run(now)] };
  }

  /** Answers a request to the API, and lets the machine act on what it wrote. */
  #handle(request: ApiRequest, now: Now): Answered {
    let reply = this.#api.handle(request, now);
    while (reply.kind === "consult") {
      reply = reply.resume(reply.calls.map(markingWebhook), now);
    }
    return { reply, effects: this.#performed(this.machine.step({ kind: "tick" }, now), now) };
  }

  #handsOf(self: PeerId): Hands {
    const { machine } = this;
    const { deciders, objects } = machine;
    const isDiskWell = (): boolean => true;
    return {
      self,
      premises: premisesOf({ api: this.#api, objects, deciders, isDiskWell }),
      handle: (request, now) => this.#handle(request, now),
      takeIn: (from, entries, now) => {
        const message = { k: "r.give", e: entries };
        const event = { kind: "message", from, message } as const;
        return this.#performed(machine.step({ kind: "link", event }, now), now);
      },
      takeOver: (aheadMs, now) => deciders.takeOver(aheadMs, now),
      follow: (request) => this.#follow(request),
    };
  }

  /** Keeps a copy of what a request is about, and of the namespaces that it may be in. */
  #follow({ path }: ApiRequest): void {
    for (const collection of [namespaces, collectionOfPath(path)]) this.machine.follow(collection);
  }

  #gone(): ReadonlySet<PeerId> {
    const gone = new Set<PeerId>();
    for (const [peer, { state }] of this.machine.members()) {
      if (state === "dead" || state === "left") gone.add(peer);
    }
    return gone;
  }
}

/** Namespaces are asked of a machine by every write in one of them. */
const namespaces: CollectionId = "namespaces/-";

/** The collection that a path of the API is about. */
function collectionOfPath(path: readonly string[]): CollectionId {
  const [root, ...rest] = path;
  const [group, tail] = root === "apis" ? [rest[0] ?? "", rest.slice(2)] : ["", rest.slice(1)];
  const [place, plural] =
    tail[0] === "namespaces" && tail.length > 2 ? [tail[1], tail[2]] : ["-", tail[0]];
  return `${plural}${group === "" ? "" : `.${group}`}/${place}`;
}
