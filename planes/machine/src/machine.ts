import { after, elapsedMs, type Instant, type Now, unreachable } from "@beemesh/base";
import type { MachineOffer } from "@beemesh/bidding";
import { Controllers, type ControllersEffect, type ControllersEvent } from "@beemesh/controllers";
import type { Member, MembershipEvent } from "@beemesh/membership";
import type { Pod } from "@beemesh/model";
import type { ApiAccess, Pods, PodsEffect, PodsEvent } from "@beemesh/pods";
import type { Change, Introductions, LinkEvent, ObjectStore } from "@beemesh/ports";
import type { Objects, Registry, RegistryEffect } from "@beemesh/registry";
import { type CollectionId, collectionOf, type Entry, type Json, type PeerId } from "@beemesh/wire";
import { Announcer } from "./announcer.ts";
import { Deciders } from "./deciders.ts";
import { greetingMs } from "./directory.ts";
import { type MachineMessage, membersTopic, openEnvelope, taskTopic, toJson } from "./envelope.ts";
import { isPodNews, type MachineEffect, type MachineEvent } from "./event.ts";
import { Losses, type LossesEffect } from "./losses.ts";
import { Neighbourhood, type NeighbourhoodEffect } from "./neighbourhood.ts";
import type { NodeFacts } from "./node.ts";
import { mayPreempt, occupancyOf } from "./occupancy.ts";
import { offerOf } from "./offer.ts";
import { accountsIn, openPods } from "./own-pods.ts";
import { Placement, type PlacementEffect, type ScheduleWish, together } from "./placement.ts";
import { hasMet, hasRun, openRecords, proofOf, type RecordsOptions } from "./records.ts";
import { fullNameOf, ownerKinds, resourceNamed, settingKinds } from "./resource.ts";
import { roomFor } from "./room.ts";
import { isPod, Runner, type RunnerEffect } from "./runner.ts";
import { handlerOf } from "./runtime-handler.ts";
import { Scribe } from "./scribe.ts";
import { Subscriptions } from "./subscriptions.ts";

/** What a machine is made of. Everything of an earlier life comes from its own disk. */
export interface MachineOptions extends Omit<RecordsOptions, "self" | "introductions"> {
  readonly facts: NodeFacts;
  /** Where the authors of records are looked up that were never met. */
  readonly introductions?: Introductions;
  /** Higher than at any earlier boot. */
  readonly incarnation: number;
  readonly entries: Iterable<Entry>;
  /** What pods may have of the API of this machine; nothing if not given. */
  readonly access?: ApiAccess;
}

/** Rounds in which the parts of one machine may answer each other within one step. */
const roundsMax = 64;

/** How often the machine looks at everything again, whatever it was told. */
const resyncMs = 10_000;

const nodeResource = resourceNamed("", "nodes");
const namespaceResource = resourceNamed("", "namespaces");

/**
 * One machine of the mesh: who else is there, what the records say, who gets which pod, and what
 * runs here. A mailbox: events in, effects out, and between two events nothing moves.
 *
 *     link ──▶ membership ──▶ controllers ──▶ auctioneer ──▶ link
 *       └────▶ registry ──▶ objects ──┘  └──▶ runner ──▶ pods ──▶ runtime
 *
 * The daemon and the simulator run this same class.
 */
export class Machine {
  readonly #registry: Registry;
  readonly #objects: Objects;
  readonly #controllers: Controllers;
  readonly #placement: Placement;
  readonly #pods: Pods;
  readonly #runner: Runner;
  readonly #scribe: Scribe;
  readonly #announcer: Announcer;
  readonly #neighbourhood: Neighbourhood;
  readonly #subscriptions: Subscriptions;
  readonly #losses: Losses;
  /** Who decides what clients write. */
  readonly deciders: Deciders;
  readonly #startedAt: Instant;
  #facts: NodeFacts;
  #now: Now;
  #effects: MachineEffect[] = [];
  /** Pods that the controllers want placed, until the end of the step. */
  readonly #wanted: ScheduleWish[] = [];
  /** Events for the controllers, the one under way included. */
  #forControllers: ControllersEvent[] = [];
  /** Changes of objects that the machine itself has not looked at yet. */
  #changes: Change[] = [];
  #resyncAt: Instant;
  #regardWakeAt: Instant | undefined;

  constructor(options: MachineOptions) {
    const { facts, signer, verifier, random, now, introductions, ceiling, kinds } = options;
    const self = facts.peer;
    this.#facts = facts;
    this.#now = now;
    this.#startedAt = now.at;
    this.#resyncAt = after(now.at, resyncMs);
    const basics = { self, signer, verifier, random };
    const records = openRecords({ ...basics, introductions, now, ceiling, kinds });
    this.#registry = records.registry;
    this.#objects = records.objects;
    this.#objects.onChange((change) => {
      this.#changes.push(change);
    });
    this.#subscriptions = new Subscriptions(this.#registry, this.#objects.resources);
    const mayAct = (): boolean => this.#neighbourhood.mayAct;
    this.deciders = new Deciders({ registry: this.#registry, verifier, mayAct });
    const members = {
      rankOf: (collection: string) =>
        mayAct() ? this.#subscriptions.rankOf(collection) : undefined,
      isAlive: (machine: string) => this.#neighbourhood.isAlive(machine),
    };
    const wasDeleted = (collection: string, name: string): boolean =>
      this.#registry.get(collection, name, "spec")?.body === "";
    this.#controllers = new Controllers({ self, store: this.#objects, members, wasDeleted });
    this.#objects.step({ kind: "load", entries: options.entries }, now);
    this.#changes = [];
    const nodes = this.#objects.list(nodeResource).items;
    this.#neighbourhood = new Neighbourhood({
      facts,
      incarnation: options.incarnation,
      random,
      now,
      nodes,
      hasMet: hasMet(records, self),
    });
    this.#placement = new Placement({
      ...basics,
      offer: () => this.#offer(),
      mayPreempt: (pod) => mayPreempt(pod, this.#objects),
      handlerOf: (pod) => handlerOf(pod, this.#objects),
      alive: () => this.#neighbourhood.alive().map(({ id }) => id),
      proofOf: (pod) => proofOf(pod, records),
    });
    this.#pods = openPods(facts, records, options.access);
    const own = {
      nodeName: facts.name,
      objects: this.#objects,
      heldSinceMs: (uid: string) => this.#pods.heldSinceMs(uid),
    };
    this.#runner = new Runner({
      ...own,
      hasRun: (pod) => hasRun(pod, this.#registry, self),
      roomFor: (pod, others) => roomFor(pod, this.#offer(others)),
      wasDeleted: (namespace, name) => wasDeleted(collectionOf("pods", "", namespace), name),
    });
    this.#losses = new Losses({
      ...own,
      runner: this.#runner,
      neighbourhood: this.#neighbourhood,
    });
    this.#announcer = new Announcer(this.#objects, facts);
    this.#scribe = new Scribe(this.#objects, facts);
  }

  /** The registry as the API of this machine sees it. Tick after writing to it. */
  get objects(): ObjectStore {
    return this.#objects;
  }

  /** The pods whose records name this machine. */
  ownPods(): readonly Pod[] {
    return this.#objects.podsOn(this.#facts.name).filter(isPod);
  }

  /** Every machine ever heard of, this one included. */
  members(): ReadonlyMap<PeerId, Member> {
    return this.#neighbourhood.members();
  }

  /** Whether the machine of this name is held to be alive. */
  isAlive(name: string): boolean {
    return this.#neighbourhood.isAlive(name);
  }

  /** Milliseconds to add to this machine's wall clock to get the mesh's; 0 within a minute. */
  clockOffsetMs(now: Now): number {
    return this.#neighbourhood.clockOffsetMs(now);
  }

  /** The key of the machine of this name; undefined if its record is unknown. */
  peerOf(name: string): PeerId | undefined {
    return this.#neighbourhood.peerOf(name);
  }

  /**
   * Keeps a copy of a collection here for the next minutes, for the API to serve, whoever else
   * keeps it. Tick after it.
   */
  follow(collection: CollectionId): void {
    this.#subscriptions.serve(collection, this.#now);
  }

  /** Whether a collection can be read here: this machine keeps it, or follows it closely. */
  holds(collection: CollectionId): boolean {
    return this.#registry.rankOf(collection) !== undefined || this.knows(collection);
  }

  /** Whether all of a collection is here, as far as can be known. */
  knows(collection: CollectionId): boolean {
    return this.#registry.coverageOf(collection) !== "partly";
  }

  /** Advances by one event and returns what must now be done, in order. */
  step(event: MachineEvent, now: Now): readonly MachineEffect[] {
    this.#now = now;
    this.#objects.advance(now);
    this.#handle(event);
    if (now.at >= this.#resyncAt) this.#resync();
    this.#settle();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: MachineEvent): void {
    if (isPodNews(event)) return this.#toPods(event);
    switch (event.kind) {
      case "start":
        return this.#start();
      case "link":
        return this.#hear(event.event);
      case "lost":
        return this.#lose(this.#losses.report(event, this.#now));
      case "facts":
      case "health":
        return this.#measured(event);
      case "admitted":
      case "usage":
        return this.#toControllers(event);
      case "occurrence":
        return this.#scribe.record(event.occurrence, this.#now);
      case "tick":
        return this.#tick();
      case "stop":
        return this.#toMembership({ kind: "stop" });
      default:
        return unreachable(event);
    }
  }

  #measured(event: Extract<MachineEvent, { kind: "facts" | "health" }>): void {
    if (event.kind === "facts") {
      this.#facts = event.facts;
      this.#announcer.facts = event.facts;
      this.#toMembership({ kind: "addresses", addresses: event.facts.addresses });
    } else this.#announcer.health = event.health;
    this.#announcer.announce(this.#now);
  }

  #start(): void {
    const topics = [membersTopic, taskTopic(this.#facts.system.architecture)];
    for (const topic of topics) this.#emit({ kind: "subscribe", topic });
    this.#toMembership({ kind: "start" });
    this.#membersChanged();
    this.#announcer.announce(this.#now);
    this.#lookAtAll();
    this.#emit({ kind: "wake", at: after(this.#startedAt, greetingMs) });
    this.#emit({ kind: "wake", at: this.#resyncAt });
  }

  #tick(): void {
    this.#toMembership({ kind: "tick" });
    this.#objects.step({ kind: "tick" }, this.#now);
    this.#place(this.#placement.tick(this.#meshNow()));
    this.#run(this.#runner.tick(this.#now));
    this.#toPods({ kind: "tick" });
    this.#lose(this.#losses.tick(this.#now));
    this.#toControllers({ kind: "tick" });
  }

  #hear(event: LinkEvent): void {
    switch (event.kind) {
      case "connected":
      case "disconnected":
        this.#toMembership(event);
        return this.#objects.step(event, this.#now);
      case "message":
        return this.#receive(event.from, event.message);
      case "broadcast":
        return this.#receive(event.from, event.message, event.topic);
      default:
        return unreachable(event);
    }
  }

  #receive(from: PeerId, json: Json, topic?: string): void {
    const opened = openEnvelope(json);
    if (opened === undefined) {
      this.#emit({ kind: "penalize", peer: from, reason: "malformed message" });
      this.#emit({ kind: "observe", event: "message.malformed", facts: { peer: from } });
      return;
    }
    if (opened.protocol === "membership") {
      const kind = topic === undefined ? "message" : "broadcast";
      this.#toMembership({ kind, from, message: opened.message });
    } else if (opened.protocol === "registry") {
      this.#objects.step({ kind: "message", from, message: opened.message }, this.#now);
    } else if (opened.protocol === "claims") {
      this.#lose(this.#losses.hear(from, opened.message, this.#now));
    } else {
      this.#place(this.#placement.receive(from, opened.message, this.#meshNow()));
    }
  }

  #lose(effects: readonly LossesEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "lost") this.#toControllers(effect);
      else if (effect.kind === "send") this.#send(effect.to, effect.message);
      else this.#emit(effect);
    }
  }

  /** Lets the parts answer each other until all are quiet. */
  #settle(): void {
    for (let round = 0; round < roundsMax; round += 1) {
      this.#regardMembers();
      this.#performRegistry(this.#objects.takeEffects());
      const changes = this.#changes;
      this.#changes = [];
      for (const change of changes) this.#notice(change);
      this.#subscribe();
      if (this.#controllers.hasWork) this.#toControllers({ kind: "tick" });
      if (this.#changes.length > 0 || this.#controllers.hasWork) continue;
      if (this.#wanted.length === 0) break;
      this.#offerWanted();
    }
    this.#performRegistry(this.#objects.takeEffects());
  }

  /** Follows what it must by now, and lets the controllers act on what they waited for. */
  #subscribe(): void {
    if (this.#subscriptions.isStale) {
      const ending = this.#objects
        .list(namespaceResource)
        .items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
      const followed = { pods: this.ownPods(), ending, accountOf: accountsIn(this.#objects) };
      for (const change of this.#subscriptions.update(followed, this.#now)) {
        this.#objects.step(change, this.#now);
      }
    }
    if (this.#subscriptions.takeReady()) this.#toControllers({ kind: "members" });
  }

  /** What a change of the records means for this machine. */
  #notice({ kind, resource, object }: Change): void {
    const { namespace = "", name } = object.metadata;
    this.#subscriptions.notice(collectionOf(resource.name, resource.group, namespace));
    if (ownerKinds.has(resource.name)) return this.#run(this.#runner.ownersChanged(this.#now));
    const place = { resource: resource.name, namespace, name };
    if (resource.name === "serviceaccounts") this.#subscriptions.touch();
    if (settingKinds.has(resource.name)) return this.#toPods({ kind: "dependency", ...place });
    switch (resource.name) {
      case "nodes":
        return this.#meet(this.#neighbourhood.learn(object, kind === "deleted"));
      case "customresourcedefinitions":
        return this.#subscriptions.touch();
      case "namespaces":
        this.#subscriptions.touch();
        return this.#run(this.#runner.ownersChanged(this.#now));
      case "pods":
        if (isPod(object) && object.spec.nodeName === this.#facts.name) this.#subscriptions.touch();
        return this.#run(this.#runner.look(namespace, name, this.#now));
      default:
    }
  }

  #run(effects: readonly RunnerEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "pods") this.#toPods(effect.event);
      else if (effect.kind === "waits") this.#makeRoom(effect);
      else if (effect.kind === "wake" || effect.kind === "observe") this.#emit(effect);
      else if (effect.kind === "reassert") {
        this.#scribe.reassert(effect.pod);
        this.#observe("pod.reasserted", { pod: fullNameOf(effect.pod.metadata) });
      } else if (effect.kind === "disown") {
        this.#scribe.disown(effect.pod, effect.why);
      } else this.#objects.step({ kind: "fetch", ...effect.record }, this.#now);
    }
  }

  /** A pod has its place here, and waits for those that have to go. */
  #makeRoom({ pod, victims }: Extract<RunnerEffect, { kind: "waits" }>): void {
    this.#place(this.#placement.started(pod.metadata.uid ?? "", this.#meshNow()));
    this.#scribe.nominate(pod);
    for (const victim of victims) this.#scribe.preempt(victim, pod, this.#now);
  }

  #toMembership(event: MembershipEvent): void {
    this.#meet(this.#neighbourhood.step(event, this.#now));
  }

  #meet(effects: readonly NeighbourhoodEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#send(effect.to, effect.message);
      else if (effect.kind === "gone") {
        this.#place(this.#placement.lost(effect.peer, this.#meshNow()));
      } else if (effect.kind === "publish") {
        this.#publish(membersTopic, effect.message);
      } else this.#emit(effect);
    }
  }

  /** Looks at all that depends on who is alive, when there is news of it. */
  #regardMembers(): void {
    const due = this.#neighbourhood.regard(this.#now);
    if (due === "now") return this.#membersChanged();
    if (due === undefined || this.#regardWakeAt === due) return;
    this.#regardWakeAt = due;
    this.#emit({ kind: "wake", at: due });
  }

  #membersChanged(): void {
    const members = this.#neighbourhood.alive();
    const alive = members.map(({ id, startedMs }) => ({ id, sinceMs: startedMs }));
    this.#objects.step({ kind: "members", alive }, this.#now);
    this.#subscriptions.touch();
    this.#toControllers({ kind: "members" });
    this.#lose(this.#losses.tick(this.#now));
    this.#emit({ kind: "machines" });
  }

  #performRegistry(effects: readonly RegistryEffect[]): void {
    for (const effect of effects) {
      // The object store has told its listeners of changes already.
      if (effect.kind === "changed" || effect.kind === "forgotten") continue;
      if (effect.kind === "send") this.#send(effect.to, effect.message);
      else if (effect.kind === "disunited") this.#scribe.recordDisunion(effect, this.#now);
      else this.#emit(effect);
    }
  }

  /** All effects of one step of the controllers are performed before their next one. */
  #toControllers(event: ControllersEvent): void {
    this.#forControllers.push(event);
    if (this.#forControllers.length > 1) return;
    for (const next of this.#forControllers) {
      const effects = this.#controllers.step(next, this.#now);
      for (const effect of effects) this.#performControllers(effect);
    }
    this.#forControllers = [];
  }

  #performControllers(effect: ControllersEffect): void {
    switch (effect.kind) {
      case "put":
      case "putStatus":
      case "remove":
        return this.#scribe.write(effect);
      case "schedule":
        this.#wanted.push(effect);
        return;
      case "event":
        return this.#scribe.record(effect, this.#now);
      case "admit":
      case "measure":
      case "wake":
      case "observe":
        return this.#emit(effect);
      default:
        return unreachable(effect);
    }
  }

  /** Offers what was wanted in this step: pods of one workload in one task, so that they spread. */
  #offerWanted(): void {
    for (const wish of together(this.#wanted.splice(0))) {
      this.#place(this.#placement.schedule(wish, this.#meshNow()));
    }
  }

  #place(effects: readonly PlacementEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case "send":
          this.#send(effect.to, effect.message);
          break;
        case "publish":
          this.#publish(taskTopic(this.#facts.system.architecture), effect.task);
          break;
        case "placed":
          this.#bind(effect.pod, effect.peer);
          break;
        case "proven": {
          const message = { k: "r.give", e: effect.entries } as const;
          this.#objects.step({ kind: "message", from: effect.from, message }, this.#now);
          break;
        }
        case "unplaced":
          this.#toControllers({ kind: "unschedulable", uid: effect.uid, message: effect.message });
          break;
        case "wake":
        case "penalize":
        case "observe":
          this.#emit(effect);
          break;
        default:
          unreachable(effect);
      }
    }
  }

  /** A machine took a pod: its record says so from now on. */
  #bind(pod: Pod, peer: PeerId): void {
    const { uid = "" } = pod.metadata;
    const machine = this.#neighbourhood.nameOf(peer);
    if (machine === undefined) {
      const message = `machine ${peer} took the pod, and its Node is not known here yet`;
      this.#toControllers({ kind: "unschedulable", uid, message });
    } else if (this.#scribe.bind(pod, { name: machine, peer }, this.#meshNow())) {
      this.#toControllers({ kind: "scheduled", uid, machine });
    }
  }

  #toPods(event: PodsEvent): void {
    for (const effect of this.#pods.step(event, this.#now)) this.#performPods(effect);
    if (event.kind !== "assign") return;
    const { uid = "" } = event.pod.metadata;
    this.#place(this.#placement.started(uid, this.#meshNow()));
  }

  #performPods(effect: PodsEffect): void {
    switch (effect.kind) {
      case "status":
        return this.#scribe.report(effect);
      case "event":
        return this.#scribe.record(effect, this.#now);
      case "removed":
      case "released":
        this.#runner.released(effect.uid);
        if (effect.kind === "removed") this.#scribe.bury(effect);
        return;
      case "lost":
        return this.#observe("pod.lost", { pod: fullNameOf(effect), reason: effect.reason });
      case "held":
        return this.#observe("pod.held", { uid: effect.uid, sinceMs: effect.sinceMs });
      case "runtime":
      case "wake":
      case "observe":
        return this.#emit(effect);
      default:
        return unreachable(effect);
    }
  }

  #resync(): void {
    this.#resyncAt = after(this.#now.at, resyncMs);
    this.#emit({ kind: "wake", at: this.#resyncAt });
    this.#lookAtAll();
    this.#subscriptions.touch();
    this.#announcer.announce(this.#now);
  }

  /** Looks at every pod that this machine runs or should run. */
  #lookAtAll(): void {
    const names = [...this.#objects.podsOn(this.#facts.name), ...this.#runner.held()];
    for (const { metadata } of names) {
      this.#run(this.#runner.look(metadata.namespace ?? "", metadata.name, this.#now));
    }
  }

  /** What this machine has beside these pods. */
  #offer(pods: readonly Pod[] = [...this.#runner.held()]): MachineOffer {
    return offerOf({
      facts: this.#facts,
      health: this.#announcer.health,
      node: this.#announcer.stored(),
      pods,
      uptimeMs: elapsedMs(this.#startedAt, this.#now.at),
      occupancy: () => occupancyOf(pods, this.#objects),
    });
  }

  /** The present, with the wall clock that the mesh agrees on. */
  #meshNow(): Now {
    return { at: this.#now.at, wallMs: this.#registry.meshMs(this.#now) };
  }

  #send(to: PeerId, message: MachineMessage["message"]): void {
    this.#emit({ kind: "send", to, message: toJson(message) });
  }

  #publish(topic: string, message: MachineMessage["message"]): void {
    this.#emit({ kind: "publish", topic, message: toJson(message) });
  }

  #observe(event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
    this.#emit({ kind: "observe", event, facts });
  }

  #emit(effect: MachineEffect): void {
    this.#effects.push(effect);
  }
}
