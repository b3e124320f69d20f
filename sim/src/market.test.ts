/**
 * Bidding alone in the simulator: how fast pods find machines, what that costs, and that no
 * capacity is promised twice whatever the network does.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Now } from "@beemesh/base";
import {
  Auctioneer,
  type AuctioneerEffect,
  type AuctioneerEvent,
  Bidder,
  type BidderEffect,
  type BidderEvent,
  type BiddingMessage,
  decodeBiddingMessage,
  describeFailure,
  isForBidder,
  type MachineOffer,
  type Requirements,
} from "@beemesh/bidding";
import type { Signer, Verifier } from "@beemesh/ports";
import type { Json, PeerId } from "@beemesh/wire";
import { Histogram } from "./histogram.ts";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { World, type WorldOptions } from "./world.ts";

const topic = "task";
const capacity = { cpuMillicores: 4000, memoryBytes: 2 ** 33, pods: 110 };

/** As long as an Ed25519 signature, so that bytes are what they would be. */
function signatureOf(id: PeerId, text: string): string {
  return `${id}.${text.length}`.padEnd(86, "s");
}

const verifier: Verifier = {
  verify: (text, signature, author) => signature === signatureOf(author, text),
  mayAuthor: () => true,
};

/** A machine that does nothing but offer work and bid for it. */
class MarketNode implements SimulatedNode {
  readonly id: PeerId;
  /** Pods that run here. */
  readonly pods = new Map<string, string>();
  readonly #auctioneer: Auctioneer;
  readonly #bidder: Bidder;
  #effects: NodeEffect[] = [];

  constructor({ id, random }: Boot) {
    this.id = id;
    const signer: Signer = { id, sign: (text) => signatureOf(id, text) };
    this.#auctioneer = new Auctioneer({ signer, verifier, random });
    this.#bidder = new Bidder({ signer, verifier, random });
  }

  step(event: NodeEvent, now: Now): readonly NodeEffect[] {
    if (event.kind === "start") this.#effects.push({ kind: "subscribe", topic });
    if (event.kind === "tick") {
      this.#offer({ kind: "tick" }, now);
      this.#bid({ kind: "tick" }, now);
    }
    if (event.kind === "link") {
      const { event: link } = event;
      if (link.kind === "message" || link.kind === "broadcast") {
        const message = decodeBiddingMessage(link.message);
        assert(message, `every message is read: ${JSON.stringify(link.message)}`);
        this.#hear(link.from, message, now);
      }
    }
    return this.#take();
  }

  open(event: AuctioneerEvent, now: Now): readonly NodeEffect[] {
    this.#offer(event, now);
    return this.#take();
  }

  /** What pods and leases together take of this machine. */
  get promisedCpuMillicores(): number {
    return 100 * (this.pods.size + this.#bidder.leased);
  }

  #take(): readonly NodeEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #hear(from: PeerId, message: BiddingMessage, now: Now): void {
    if (isForBidder(message)) this.#bid({ kind: "message", from, message }, now);
    else this.#offer({ kind: "message", from, message }, now);
  }

  #offer(event: AuctioneerEvent, now: Now): void {
    for (const effect of this.#auctioneer.step(event, now)) this.#perform(effect, now);
  }

  #bid(event: BidderEvent, now: Now): void {
    for (const effect of this.#bidder.step(event, now, this.#machine())) this.#perform(effect, now);
  }

  #machine(): MachineOffer {
    const workloads = new Map<string, number>();
    for (const workload of this.pods.values()) {
      workloads.set(workload, (workloads.get(workload) ?? 0) + 1);
    }
    const pods = this.pods.size;
    return {
      id: this.id,
      name: this.id,
      labels: { "kubernetes.io/hostname": this.id },
      taints: [],
      unschedulable: false,
      capacity,
      reserved: { cpuMillicores: 100 * pods, memoryBytes: 2 ** 26 * pods, pods },
      hostPorts: [],
      runtimeHandlers: ["runc"],
      workloads,
      longevity: 0.5,
      trust: 1,
      diskPressure: false,
      memoryPressure: false,
    };
  }

  #perform(effect: AuctioneerEffect | BidderEffect, now: Now): void {
    if (effect.kind === "publish") {
      this.#effects.push({ kind: "publish", topic, message: jsonOf(effect.task) });
      this.#hear(this.id, effect.task, now);
    } else if (effect.kind === "send") {
      if (effect.to === this.id) this.#hear(this.id, effect.message, now);
      else this.#effects.push({ kind: "send", to: effect.to, message: jsonOf(effect.message) });
    } else if (effect.kind === "wake") this.#effects.push(effect);
    else if (effect.kind === "accepted") this.#accept(effect.uids, now);
    else if (effect.kind === "revoked") for (const uid of effect.uids) this.pods.delete(uid);
    else this.#report(effect);
  }

  #accept(uids: readonly string[], now: Now): void {
    for (const uid of uids) {
      this.pods.set(uid, uid.split("/")[0] ?? "");
      this.#bid({ kind: "started", uid }, now);
    }
  }

  #report(effect: AuctioneerEffect | BidderEffect): void {
    if (effect.kind === "awarded") {
      this.#observe("awarded", { uid: effect.uid, machine: effect.machine });
    }
    if (effect.kind === "failed") {
      const reason = describeFailure(effect.reasons, effect.total);
      for (const uid of effect.uids) this.#observe("failed", { uid, reason });
    }
  }

  #observe(event: string, facts: Readonly<Record<string, string>>): void {
    this.#effects.push({ kind: "observe", event, facts });
  }
}

function jsonOf(message: BiddingMessage): Json {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messages are plain JSON
  return message as unknown as Json;
}

function nameOf(index: number): PeerId {
  return `12D3KooW${String(index).padStart(6, "0")}`.padEnd(52, "x");
}

const requirements: Requirements = {
  cpuMillicores: 100,
  memoryBytes: 2 ** 26,
  nodeSelector: {},
  tolerations: [],
  hostPorts: [],
  spread: [],
  apart: false,
};

/** A market and its ledger: what was asked for, what came of it, and how many messages it took. */
class Market {
  readonly world: World<MarketNode>;
  readonly awarded = new Map<string, PeerId[]>();
  readonly failed = new Map<string, string>();
  readonly delays = new Histogram();
  readonly messages = new Map<string, number>();
  readonly #openedAt = new Map<string, number>();
  #tasks = 0;

  constructor(seed: number, count: number, options: WorldOptions = {}) {
    this.world = new World<MarketNode>(seed, {
      ...options,
      watch: (_by, effect, nowMs) => this.#watch(effect, nowMs),
    });
    for (let index = 0; index < count; index += 1) {
      this.world.addMachine(nameOf(index), (boot) => new MarketNode(boot));
    }
  }

  /** Asks for pods of a workload at a machine; returns their uids. */
  open(
    author: PeerId,
    count: number,
    { workload = `w${this.#tasks}`, ...part }: { workload?: string } & Partial<Requirements> = {},
  ): readonly string[] {
    this.#tasks += 1;
    const id = `task-${this.#tasks}`;
    const uids = Array.from({ length: count }, (_, index) => `${workload}/${id}/${index}`);
    for (const uid of uids) this.#openedAt.set(uid, this.world.nowMs);
    this.world.act(author, (node, now) =>
      node.open(
        {
          kind: "open",
          task: {
            id,
            workload,
            reason: "new",
            requirements: { ...requirements, ...part },
            priority: 0,
            digest: "d".repeat(43),
          },
          uids,
          entries: [],
          expectedBidders: this.world.ids.length,
        },
        now,
      ),
    );
    return uids;
  }

  /** Machines that hold a pod. */
  holders(uid: string): PeerId[] {
    return this.world.ids.filter((id) => this.world.node(id).pods.has(uid));
  }

  sent(...kinds: readonly string[]): number {
    return kinds.reduce((sum, kind) => sum + (this.messages.get(kind) ?? 0), 0);
  }

  #watch(effect: NodeEffect, nowMs: number): void {
    if (effect.kind === "send" || effect.kind === "publish") {
      const kind = (decodeBiddingMessage(effect.message) ?? { k: "?" }).k;
      this.messages.set(kind, (this.messages.get(kind) ?? 0) + 1);
    }
    if (effect.kind !== "observe") return;
    const uid = String(effect.facts["uid"]);
    if (effect.event === "awarded") {
      this.awarded.set(uid, [...(this.awarded.get(uid) ?? []), String(effect.facts["machine"])]);
      this.delays.add(nowMs - (this.#openedAt.get(uid) ?? 0));
    }
    if (effect.event === "failed") this.failed.set(uid, String(effect.facts["reason"]));
  }
}

describe("bidding in the world", () => {
  test("in a mesh of three a pod has its machine after two round trips", (t) => {
    const market = new Market(1, 3);
    for (let turn = 0; turn < 100; turn += 1) {
      market.open(nameOf(turn % 3), 1);
      market.world.run(market.world.nowMs + 300);
    }
    assert.equal(market.awarded.size, 100);
    const each = [...market.messages].map(([kind, count]) => `${kind} ${count / 100}`);
    t.diagnostic(`award confirmed: ${market.delays.describe("ms")}; messages each: ${each.join()}`);
    assert(market.delays.quantile(0.99) <= 100);
  });

  test("a lone machine awards to itself, without a message that leaves it", () => {
    const market = new Market(1, 1);
    const [uid = ""] = market.open(nameOf(0), 1);
    market.world.run(10);
    assert.deepEqual(market.awarded.get(uid), [nameOf(0)]);
  });

  for (const count of [30, 300, 1000]) {
    test(`messages of a placement do not grow with the mesh: ${count} machines`, (t) => {
      const market = new Market(2, count);
      for (let turn = 0; turn < 50; turn += 1) {
        market.open(nameOf(turn % count), 1);
        market.world.run(market.world.nowMs + 20);
      }
      market.world.run(market.world.nowMs + 3000);
      assert.equal(market.awarded.size, 50);
      const direct = market.sent("bid", "explain", "award", "confirm", "refuse", "revoke") / 50;
      t.diagnostic(`${direct} direct messages, ${market.sent("task") / 50} calls a pod`);
      t.diagnostic(`award confirmed: ${market.delays.describe("ms")}`);
      assert(direct <= 25);
    });
  }

  test("pods of one workload are spread, also over many tasks at once", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const market = new Market(seed, 10);
      for (let task = 0; task < 5; task += 1) market.open(nameOf(0), 2, { workload: "web" });
      market.world.run(1000);
      const counts = market.world.ids.map((id) => market.world.node(id).pods.size);
      assert.equal(market.awarded.size, 10);
      assert(Math.max(...counts) <= 2, `seed ${seed}: ${counts.join()}`);
    }
  });

  test("a full mesh says so, as kube-scheduler would", () => {
    const market = new Market(3, 3);
    const [huge = ""] = market.open(nameOf(0), 1, { cpuMillicores: 5000 });
    market.world.run(500);
    assert.equal(market.failed.get(huge), "0/3 nodes are available: 3 Insufficient cpu.");
    market.open(nameOf(1), 120);
    market.world.run(1500);
    assert.equal(market.awarded.size, 120);
    const [one = ""] = market.open(nameOf(2), 1);
    market.world.run(2500);
    assert.equal(market.failed.get(one), "0/3 nodes are available: 3 Insufficient cpu.");
  });

  test("a large full mesh says so too", () => {
    const market = new Market(3, 200);
    const [huge = ""] = market.open(nameOf(0), 1, { cpuMillicores: 5000 });
    market.world.run(2000);
    assert.match(
      market.failed.get(huge) ?? "",
      /^0\/(?<all>\d+) nodes are available: \k<all> Insufficient cpu\.$/u,
    );
  });

  test("200 seeds of trouble: one award a pod, nothing promised twice", (t) => {
    let [placed, lost] = [0, 0];
    for (let seed = 0; seed < 200; seed += 1) {
      const market = new Market(seed, 2 + (seed % 20), {
        network: {
          lossPerMille: (seed * 7) % 100,
          duplicatePerMille: (seed * 13) % 100,
          reorderPerMille: (seed * 17) % 100,
        },
      });
      const { world } = market;
      const { random, ids } = world;
      const wanted: string[] = [];
      for (let turn = 0; turn < 10; turn += 1) {
        const author = nameOf(0);
        wanted.push(...market.open(author, 1 + random.below(20)));
        world.run(world.nowMs + random.below(400));
        if (random.below(5) === 0 && ids.length > 1) {
          const victim = nameOf(1 + random.below(ids.length - 1));
          world.crash(victim, { power: random.below(2) === 0 });
          world.after(500, () => world.restart(victim));
        }
        for (const id of ids) {
          const promised = world.node(id).promisedCpuMillicores;
          assert(promised <= capacity.cpuMillicores, `seed ${seed}: ${promised} promised`);
        }
      }
      world.run(world.nowMs + 5000);
      for (const uid of wanted) {
        const machines = market.awarded.get(uid) ?? [];
        assert(machines.length <= 1, `seed ${seed}: ${uid} awarded to ${machines.join()}`);
        assert(machines.length === 1 || market.failed.has(uid), `seed ${seed}: ${uid} forgotten`);
        if (machines.length === 1) placed += 1;
        else lost += 1;
      }
    }
    t.diagnostic(`${placed} placed, ${lost} not`);
    assert(placed > 10 * lost && lost > 0, "the seeds reach both endings");
  });

  test("without loss no two machines hold one pod, and the author knows who does", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const market = new Market(seed, 8, { network: { latencyMsMax: 120 } });
      const wanted = Array.from({ length: 8 }, () =>
        market.open(nameOf(market.world.random.below(8)), 10),
      ).flat();
      market.world.run(5000);
      for (const uid of wanted) {
        assert.deepEqual(market.holders(uid), market.awarded.get(uid) ?? [], `seed ${seed}`);
      }
    }
  });

  test("10,000 pods a second find machines in a mesh of 300", (t) => {
    const started = performance.now();
    const market = new Market(5, 300);
    for (let turn = 0; turn < 100; turn += 1) {
      market.open(nameOf(turn * 3), 100);
      market.world.run(market.world.nowMs + 10);
    }
    market.world.run(market.world.nowMs + 2000);
    t.diagnostic(`award confirmed: ${market.delays.describe("ms")}`);
    t.diagnostic(
      `${market.world.happened} happenings, ${Math.round(performance.now() - started)} ms`,
    );
    assert.equal(market.awarded.size, 10_000);
  });
});
