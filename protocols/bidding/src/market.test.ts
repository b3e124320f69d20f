import { hashOf, instantAt, type Now, seededRandom } from "@beemesh/base";
import type { Signer, Verifier } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import { Auctioneer } from "./auctioneer.ts";
import { Bidder } from "./bidder.ts";
import type { AuctioneerEffect, BidderEffect } from "./effect.ts";
import { describeFailure } from "./failure.ts";
import type { MachineOffer } from "./machine-offer.ts";
import type { Award, Bid, BiddingMessage, Task } from "./message.ts";
import type { Requirements } from "./requirements.ts";
import { sign } from "./signing.ts";

const wallMs = 1_790_000_000_000;

/** A signature that anybody can check and nobody needs to trust. */
export function signerOf(id: PeerId): Signer {
  return { id, sign: (text) => signatureOf(id, text) };
}

function signatureOf(id: PeerId, text: string): string {
  return `${id}-${hashOf(text).toString(36)}`;
}

/** Believes what {@link signerOf} signed. */
export const verifier: Verifier = {
  verify: (text, signature, author) => signature === signatureOf(author, text),
  mayAuthor: () => true,
};

/** Four cores, four gibibytes, empty. */
export function offerOf(id: PeerId, part: Partial<MachineOffer> = {}): MachineOffer {
  return {
    id,
    name: id,
    labels: { "kubernetes.io/hostname": id },
    taints: [],
    unschedulable: false,
    capacity: { cpuMillicores: 4000, memoryBytes: 2 ** 32, pods: 110 },
    reserved: { cpuMillicores: 0, memoryBytes: 0, pods: 0 },
    hostPorts: [],
    runtimeHandlers: ["runc"],
    workloads: new Map(),
    longevity: 0.5,
    trust: 0.5,
    diskPressure: false,
    memoryPressure: false,
    ...part,
  };
}

/** A tenth of a core and 64 MiB, anywhere. */
export function requirementsWith(part: Partial<Requirements> = {}): Requirements {
  return {
    cpuMillicores: 100,
    memoryBytes: 2 ** 26,
    nodeSelector: {},
    tolerations: [],
    hostPorts: [],
    spread: [],
    apart: false,
    ...part,
  };
}

/** One pod of a workload `web`, first round, heard by three. */
export function taskWith({
  requirements = {},
  ...part
}: Partial<Omit<Task, "requirements">> & { readonly requirements?: Partial<Requirements> }): Task {
  return sign<Task>(
    {
      k: "task",
      id: "task-1",
      author: "ann",
      nonce: "nonce-1",
      wallMs,
      workload: "web",
      reason: "new",
      count: 1,
      requirements: requirementsWith(requirements),
      priority: 0,
      digest: "d",
      round: 0,
      explain: true,
      audience: 3,
      ...part,
    },
    signerOf(part.author ?? "ann"),
  );
}

/** A bid for {@link taskWith}. */
export function bidOf(
  bidder: PeerId,
  scores: readonly number[],
  domains: Readonly<Record<string, string>> = {},
): Bid {
  return sign<Bid>(
    { k: "bid", task: "task-1", nonce: "nonce-1", bidder, wallMs, scores, domains },
    signerOf(bidder),
  );
}

/** An award for {@link bidOf}. */
export function awardOf(bidder: PeerId, uids: readonly string[], part: Partial<Award> = {}): Award {
  return sign<Award>(
    {
      k: "award",
      task: "task-1",
      round: "nonce-1",
      nonce: "award-1",
      author: "ann",
      bidder,
      wallMs,
      uids,
      entries: [],
      ...part,
    },
    signerOf("ann"),
  );
}

/** The moment `ms` milliseconds after the beginning, at a machine whose clocks are right. */
export function at(ms: number): Now {
  return { at: instantAt(ms), wallMs: wallMs + ms };
}

interface Letter {
  readonly dueMs: number;
  readonly from: PeerId;
  readonly to: PeerId;
  readonly message: BiddingMessage;
}

interface Opening {
  readonly pods: readonly string[];
  readonly expected?: number;
  readonly priority?: number;
  readonly mayPreempt?: boolean;
}

/** Machines that bid, on a wire that loses nothing and takes a millisecond. */
export class Market {
  readonly placed = new Map<string, PeerId>();
  readonly failures: string[] = [];
  readonly sent: BiddingMessage[] = [];
  /** Machines that hear nothing and say nothing. */
  readonly silent = new Set<PeerId>();
  readonly offers = new Map<PeerId, MachineOffer>();
  readonly #sides = new Map<PeerId, { readonly author: Auctioneer; readonly bidder: Bidder }>();
  #wire: Letter[] = [];
  #ms = 0;

  constructor(
    ids: readonly PeerId[],
    offers: Readonly<Record<PeerId, Partial<MachineOffer>>> = {},
  ) {
    for (const id of ids) {
      const setup = { signer: signerOf(id), verifier, random: seededRandom(id.length) };
      this.#sides.set(id, { author: new Auctioneer(setup), bidder: new Bidder(setup) });
      this.offers.set(id, offerOf(id, offers[id]));
    }
  }

  get now(): Now {
    return at(this.#ms);
  }

  open(
    id: PeerId,
    {
      pods,
      expected = this.#sides.size,
      priority = 0,
      mayPreempt = false,
      ...part
    }: Opening & Partial<Requirements>,
  ): void {
    const task = {
      id: `task-${pods.join("-")}`,
      workload: "web",
      reason: "new",
      requirements: requirementsWith(part),
      priority,
      digest: "d",
    } as const;
    const event = {
      kind: "open",
      task,
      uids: pods,
      entries: [],
      expectedBidders: expected,
      mayPreempt,
    } as const;
    this.#perform(id, this.#sides.get(id)?.author.step(event, this.now) ?? []);
  }

  run(ms: number): void {
    for (const end = this.#ms + ms; this.#ms < end; this.#ms += 1) {
      const due = this.#wire.filter(({ dueMs }) => dueMs <= this.#ms);
      this.#wire = this.#wire.filter(({ dueMs }) => dueMs > this.#ms);
      for (const letter of due) this.#deliver(letter);
      for (const [id, { author, bidder }] of this.#sides) {
        if (this.silent.has(id)) continue;
        this.#perform(id, author.step({ kind: "tick" }, this.now));
        this.#perform(id, bidder.step({ kind: "tick" }, this.now, this.#offer(id)));
      }
    }
  }

  #deliver({ from, to, message }: Letter): void {
    const sides = this.#sides.get(to);
    if (sides === undefined || this.silent.has(to)) return;
    const event = { kind: "message", from, message } as const;
    this.#perform(to, sides.author.step(event, this.now));
    this.#perform(to, sides.bidder.step(event, this.now, this.#offer(to)));
  }

  #offer(id: PeerId): MachineOffer {
    return this.offers.get(id) ?? offerOf(id);
  }

  #perform(id: PeerId, effects: readonly (AuctioneerEffect | BidderEffect)[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#post(id, effect.to, effect.message);
      if (effect.kind === "publish") {
        for (const to of this.#sides.keys()) this.#post(id, to, effect.task);
      }
      if (effect.kind === "awarded") this.placed.set(effect.uid, effect.machine);
      if (effect.kind === "failed") {
        this.failures.push(describeFailure(effect.reasons, effect.total));
      }
    }
  }

  #post(from: PeerId, to: PeerId, message: BiddingMessage): void {
    this.sent.push(message);
    this.#wire.push({ dueMs: this.#ms + 1, from, to, message });
  }
}
