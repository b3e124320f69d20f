import type { Instant } from "@beemesh/base";
import { hashOf, type Now, type Random, unreachable } from "@beemesh/base";
import {
  Auctioneer,
  type AuctioneerEffect,
  type AuctioneerEvent,
  Bidder,
  type BidderEffect,
  type BidderEvent,
  type BiddingMessage,
  describeFailure,
  describePreemption,
  isForBidder,
  type MachineOffer,
  podsMax,
  type Requirements,
  requirementsOf,
  smallMeshMax,
  type Task,
} from "@beemesh/bidding";
import { boundAtAnnotation, type ControllersEffect } from "@beemesh/controllers";
import type { Pod } from "@beemesh/model";
import type { Signer, Verifier } from "@beemesh/ports";
import {
  canonicalJson,
  collectionOf,
  type Entry,
  formatStamp,
  isJsonObject,
  objectLimits,
  type PeerId,
  parseJson,
} from "@beemesh/wire";
import { nodeMarks } from "./node.ts";
import { workloadOf } from "./offer.ts";

const nodes = collectionOf("nodes", "");

/** Annotation of a bound pod: the key of its machine, for keepers who push its record there. */
export const machineAnnotation = "beemesh.io/machine";

/** What placing pods asks of the machine, in order. */
export type PlacementEffect =
  | { readonly kind: "send"; readonly to: PeerId; readonly message: BiddingMessage }
  | { readonly kind: "publish"; readonly task: Task }
  /** A machine took the pod: bind it. */
  | { readonly kind: "placed"; readonly pod: Pod; readonly peer: PeerId }
  /** An author proves that pods may run which it awarded to this machine. */
  | { readonly kind: "proven"; readonly from: PeerId; readonly entries: readonly Entry[] }
  | { readonly kind: "unplaced"; readonly uid: string; readonly message: string }
  | { readonly kind: "wake"; readonly at: Instant }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };

/** Pods of one workload that a controller wants placed. */
export type ScheduleWish = Extract<ControllersEffect, { kind: "schedule" }>;

export interface PlacementOptions {
  readonly self: PeerId;
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly random: Random;
  readonly offer: () => MachineOffer;
  /** Whether a pod may take the places of less important ones. */
  readonly mayPreempt: (pod: Pod) => boolean;
  /** What a machine must have to run a pod; undefined for nothing special. */
  readonly handlerOf: (pod: Pod) => string | undefined;
  /** Machines that are alive, this one included. */
  readonly alive: () => readonly PeerId[];
  /** The signed entries that prove that a pod may run. */
  readonly proofOf: (pod: Pod) => readonly Entry[];
}

/**
 * Both sides of bidding on one machine: the author of tasks, and the bidder for others' and its
 * own. Messages to itself never leave it.
 */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #auctioneer: Auctioneer;
  readonly #bidder: Bidder;
  /** Pods that are being placed, by uid. */
  readonly #pods = new Map<string, Pod>();
  #effects: PlacementEffect[] = [];

  constructor(options: PlacementOptions) {
    const { signer, verifier, random } = options;
    this.#options = options;
    this.#auctioneer = new Auctioneer({ signer, verifier, random });
    this.#bidder = new Bidder({ signer, verifier, random });
  }

  /** Offers pods of one workload to all machines. */
  schedule(wanted: ScheduleWish, now: Now): readonly PlacementEffect[] {
    const expectedBidders = this.#options.alive().length;
    for (const [index, pods] of this.#alike(wanted.pods).entries()) {
      const [first] = pods;
      if (first === undefined) continue;
      for (const pod of pods) this.#pods.set(pod.metadata.uid ?? "", pod);
      const id = index === 0 ? wanted.task : `${wanted.task}-${index}`;
      const task = {
        id,
        workload: workloadOf(first),
        reason: wanted.reason,
        requirements: this.#requirementsOf(first),
        priority: first.spec.priority ?? 0,
        digest: hashOf(canonicalJson(first.spec)).toString(36),
      };
      const uids = pods.map(({ metadata }) => metadata.uid ?? "");
      const entries = this.#options.proofOf(first);
      const mayPreempt = this.#options.mayPreempt(first);
      const call = { entries, expectedBidders, mayPreempt };
      this.#toAuctioneer({ kind: "open", task, uids, ...call }, now);
    }
    return this.#take();
  }

  /** What a pod needs of a machine, its class counted in. */
  #requirementsOf(pod: Pod): Requirements {
    const runtimeHandler = this.#options.handlerOf(pod);
    return { ...requirementsOf(pod), ...(runtimeHandler !== undefined && { runtimeHandler }) };
  }

  /** Groups pods that need the same of a machine, at most so many as one task may ask for. */
  #alike(pods: readonly Pod[]): Pod[][] {
    const groups = new Map<string, Pod[][]>();
    for (const pod of pods) {
      const key = canonicalJson(this.#requirementsOf(pod));
      const group = groups.get(key) ?? [[]];
      if ((group.at(-1)?.length ?? 0) >= podsMax) group.push([]);
      group.at(-1)?.push(pod);
      groups.set(key, group);
    }
    return [...groups.values()].flat();
  }

  receive(from: PeerId, message: BiddingMessage, now: Now): readonly PlacementEffect[] {
    this.#receive(from, message, now);
    return this.#take();
  }

  /** A machine is gone. */
  lost(peer: PeerId, now: Now): readonly PlacementEffect[] {
    this.#toAuctioneer({ kind: "lost", peer }, now);
    return this.#take();
  }

  /** The pod counts in this machine's offer from now on. */
  started(uid: string, now: Now): readonly PlacementEffect[] {
    this.#toBidder({ kind: "started", uid }, now);
    return this.#take();
  }

  tick(now: Now): readonly PlacementEffect[] {
    this.#toAuctioneer({ kind: "tick" }, now);
    this.#toBidder({ kind: "tick" }, now);
    return this.#take();
  }

  #take(): readonly PlacementEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #receive(from: PeerId, message: BiddingMessage, now: Now): void {
    if (isForBidder(message)) this.#toBidder({ kind: "message", from, message }, now);
    else this.#toAuctioneer({ kind: "message", from, message }, now);
  }

  #toAuctioneer(event: AuctioneerEvent, now: Now): void {
    for (const effect of this.#auctioneer.step(event, now)) this.#performAuctioneer(effect, now);
  }

  #toBidder(event: BidderEvent, now: Now): void {
    const effects = this.#bidder.step(event, now, this.#options.offer());
    for (const effect of effects) this.#performBidder(effect, now);
  }

  #performAuctioneer(effect: AuctioneerEffect, now: Now): void {
    switch (effect.kind) {
      case "send":
        return this.#send(effect.to, effect.message, now);
      case "publish":
        return this.#publish(effect.task, now);
      case "awarded": {
        const pod = this.#pods.get(effect.uid);
        this.#pods.delete(effect.uid);
        if (pod) this.#effects.push({ kind: "placed", pod, peer: effect.machine });
        return;
      }
      case "failed":
        for (const uid of effect.uids) {
          this.#pods.delete(uid);
          const message = failureOf(effect);
          this.#effects.push({ kind: "unplaced", uid, message });
        }
        return;
      case "wake":
      case "penalize":
      case "observe":
        this.#effects.push(effect);
        return;
      default:
        unreachable(effect);
    }
  }

  #performBidder(effect: BidderEffect, now: Now): void {
    switch (effect.kind) {
      case "send":
        return this.#send(effect.to, effect.message, now);
      case "accepted": {
        const { author, entries } = effect.award;
        if (author !== this.#options.self && entries.length > 0) {
          this.#effects.push({ kind: "proven", from: author, entries });
        }
        return;
      }
      case "revoked":
      case "expired":
        // What runs is decided by the record that the author binds once it has the confirmation.
        return;
      case "wake":
      case "penalize":
      case "observe":
        this.#effects.push(effect);
        return;
      default:
        unreachable(effect);
    }
  }

  /**
   * Publishes a task. In a small mesh every machine is told directly as well: pub/sub takes
   * seconds to learn who listens, and a task that comes twice is heard once.
   */
  #publish(task: Task, now: Now): void {
    const { alive, self } = this.#options;
    this.#effects.push({ kind: "publish", task });
    const machines = alive();
    const told = machines.length > smallMeshMax ? [self] : machines;
    for (const peer of new Set([self, ...told])) this.#send(peer, task, now);
  }

  #send(to: PeerId, message: BiddingMessage, now: Now): void {
    if (to === this.#options.self) this.#receive(to, message, now);
    else this.#effects.push({ kind: "send", to, message });
  }
}

function failureOf({
  reasons,
  task,
  total,
}: Extract<AuctioneerEffect, { kind: "failed" }>): string {
  const why = describeFailure(reasons, total);
  return task.preempts === true ? `${why} ${describePreemption(total)}` : why;
}

/** Joins wishes of one workload and reason into one, under the first one's task. */
export function together(wishes: readonly ScheduleWish[]): readonly ScheduleWish[] {
  const joined = new Map<string, ScheduleWish>();
  for (const wish of wishes) {
    const key = `${wish.reason} ${wish.cause} ${wish.workload}`;
    const before = joined.get(key);
    joined.set(key, before ? { ...before, pods: [...before.pods, ...wish.pods] } : wish);
  }
  return [...joined.values()];
}

/** The record of a pod that a machine took. */
export function bindPod(
  pod: Pod,
  machine: { readonly name: string; readonly peer: PeerId },
  award: { readonly wallMs: number; readonly author: PeerId },
): Pod {
  const boundAt = formatStamp({ wallMs: award.wallMs, counter: 0, machine: award.author });
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: {
        ...pod.metadata.annotations,
        [boundAtAnnotation]: boundAt,
        [machineAnnotation]: machine.peer,
      },
    },
    spec: { ...pod.spec, nodeName: machine.name },
  };
}

/**
 * Whom an entry concerns besides the keepers of its collection: the machine of a bound pod, and
 * the machine of a Node, which must not forget what users have written into it.
 */
export function interestedIn(entry: Entry): readonly PeerId[] {
  if (entry.part !== "spec") return [];
  if (entry.collection.startsWith("pods/")) return peerIn(entry.body, machineAnnotation);
  return entry.collection === nodes ? peerIn(entry.body, nodeMarks.peer) : [];
}

/** The machine that an annotation of an object names. */
function peerIn(body: string, annotation: string): readonly PeerId[] {
  // Most objects that pass here name one; the text is looked at before it is parsed.
  if (!body.includes(annotation)) return [];
  const object = parseJson(body, objectLimits);
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  const annotations = isJsonObject(metadata) ? metadata["annotations"] : undefined;
  const peer = isJsonObject(annotations) ? annotations[annotation] : undefined;
  return typeof peer === "string" && peer !== "" ? [peer] : [];
}
