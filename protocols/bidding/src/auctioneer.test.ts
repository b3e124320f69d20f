import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { type Entry, formatStamp } from "@beemesh/wire";
import { Auctioneer } from "./auctioneer.ts";
import type { AuctioneerEffect, AuctioneerEvent } from "./effect.ts";
import { describeFailure } from "./failure.ts";
import { at, bidOf, Market, requirementsWith, signerOf, verifier } from "./market.test.ts";
import { awardLengthMax, type Bid, type BiddingMessage, type Task } from "./message.ts";
import { isSigned, sign } from "./signing.ts";

/** Ann's auctions, told things, and what they answer. */
class Scene {
  readonly auctioneer = new Auctioneer({
    signer: signerOf("ann"),
    verifier,
    random: seededRandom(1),
  });
  task: Task | undefined;
  /** What the newest award proves its pods with. */
  proof: readonly Entry[] = [];
  /** What proves that pods may run. */
  entries: readonly Entry[] = [];
  /** The nonce of the newest award. */
  award = "";

  open(uids: readonly string[], expectedBidders = 3, id = "task-1"): string[] {
    const requirements = requirementsWith();
    const task = {
      id,
      workload: "web",
      reason: "new",
      requirements,
      priority: 0,
      digest: "d",
    } as const;
    return this.step({ kind: "open", task, uids, entries: this.entries, expectedBidders }, 0);
  }

  hear(from: string, message: BiddingMessage, ms = 1): string[] {
    return this.step({ kind: "message", from, message }, ms);
  }

  bid(from: string, scores: readonly number[], ms = 1): string[] {
    const { signature: _, ...rest } = bidOf(from, scores);
    return this.hear(
      from,
      sign<Bid>({ ...rest, nonce: this.task?.nonce ?? "" }, signerOf(from)),
      ms,
    );
  }

  answer(from: string, k: "confirm" | "refuse", uids: readonly string[], ms = 2): string[] {
    const about = { task: "task-1", award: this.award, uids };
    const message = k === "confirm" ? { k, ...about } : { k, ...about, filter: "Insufficient cpu" };
    return this.hear(from, message, ms);
  }

  tick(ms: number): string[] {
    return this.step({ kind: "tick" }, ms);
  }

  step(event: AuctioneerEvent, ms: number): string[] {
    return this.auctioneer.step(event, at(ms)).map((effect) => this.#line(effect));
  }

  #line(effect: AuctioneerEffect): string {
    if (effect.kind === "publish") {
      this.task = effect.task;
      return `publish ${effect.task.count} round ${effect.task.round}`;
    }
    if (effect.kind === "send") {
      const { to, message } = effect;
      if (message.k === "award") {
        this.award = message.nonce;
        this.proof = message.entries;
        return `${to} <- award ${message.uids.join()}`;
      }
      return message.k === "revoke" ? `${to} <- revoke ${message.uids.join()}` : message.k;
    }
    if (effect.kind === "awarded") return `awarded ${effect.uid} to ${effect.machine}`;
    if (effect.kind === "failed") {
      return `failed ${effect.uids.join()}: ${describeFailure(effect.reasons, effect.total)}`;
    }
    if (effect.kind === "penalize") return `${effect.peer}: ${effect.reason}`;
    return effect.kind === "wake" ? `wake ${effect.at}` : effect.event;
  }
}

describe("Auctioneer", () => {
  test("publishes a signed task, awards the best, hands over the bids", () => {
    const scene = new Scene();
    assert.deepEqual(scene.open(["p1"], 2), ["publish 1 round 0", "wake 100"]);
    assert(scene.task && isSigned(scene.task, verifier));
    scene.bid("bob", [0.9]);
    assert.deepEqual(scene.bid("cid", [0.5]), ["bob <- award p1"]);
    assert.deepEqual(scene.answer("bob", "confirm", ["p1"]), [
      "awarded p1 to bob",
      "auction.awarded",
    ]);
    assert.equal(scene.auctioneer.size, 0);
    assert.deepEqual(scene.answer("bob", "confirm", ["p1"]), [], "a copy does no harm");
  });

  test("goes on to the next best when refused, and revokes when answered with silence", () => {
    const scene = new Scene();
    scene.open(["p1"]);
    scene.bid("bob", [0.9]);
    scene.bid("cid", [0.5]);
    assert.deepEqual(scene.bid("dan", [0.4]), ["bob <- award p1"]);
    assert.deepEqual(scene.answer("eve", "refuse", ["p1"]), [], "not eve's to refuse");
    assert.deepEqual(scene.answer("bob", "refuse", ["p1"]), ["cid <- award p1"]);
    assert.deepEqual(scene.tick(155), ["cid <- award p1", "wake 305"]);
    const late = scene.award;
    assert.deepEqual(scene.tick(305), [
      "cid <- revoke p1",
      "award.silent",
      "dan <- award p1",
      "wake 455",
    ]);
    const confirm = { k: "confirm", task: "task-1", award: late, uids: ["p1"] } as const;
    assert.deepEqual(scene.hear("cid", confirm, 306), ["cid <- revoke p1"], "too late");
    assert.deepEqual(scene.answer("dan", "confirm", ["p1"], 310)[0], "awarded p1 to dan");
    assert.deepEqual(scene.hear("cid", confirm, 320), ["cid <- revoke p1"], "still too late");
  });

  test("calls again where nobody answers, then fails with the reasons", () => {
    const scene = new Scene();
    scene.open(["p1", "p2"]);
    scene.hear("bob", {
      k: "explain",
      task: "task-1",
      nonce: scene.task?.nonce ?? "",
      filter: "F",
    });
    assert.deepEqual(scene.tick(250), ["publish 2 round 1", "auction.widened", "wake 350"]);
    assert.deepEqual(scene.tick(500), [
      "failed p1,p2: 0/3 nodes are available: 1 F.",
      "auction.failed",
    ]);
  });

  test("pods that found a machine are not asked for again", () => {
    const scene = new Scene();
    scene.open(["p1", "p2"]);
    scene.bid("bob", [0.9]);
    assert.deepEqual(scene.tick(250), ["bob <- award p1", "wake 400"]);
    scene.answer("bob", "confirm", ["p1"], 260);
    assert.match(scene.tick(265).join(), /^$|publish/u);
    assert.equal(scene.task?.count, 1);
    assert.equal(scene.task?.round, 1);
  });

  test("a dead machine's award goes on at once", () => {
    const scene = new Scene();
    scene.open(["p1"], 2);
    scene.bid("bob", [0.9]);
    scene.bid("cid", [0.5]);
    assert.deepEqual(scene.step({ kind: "lost", peer: "bob" }, 20), ["cid <- award p1"]);
  });

  test("a cancelled task is revoked where it was awarded", () => {
    const scene = new Scene();
    scene.open(["p1"], 1);
    scene.bid("bob", [0.9]);
    assert.deepEqual(scene.step({ kind: "cancel", task: "task-1" }, 20), ["bob <- revoke p1"]);
    assert.deepEqual(scene.answer("bob", "confirm", ["p1"]), ["bob <- revoke p1"]);
    assert.deepEqual(scene.step({ kind: "cancel", task: "task-1" }, 30), []);
  });

  test("believes no bid that is another's, forged, old, or for another task", () => {
    const scene = new Scene();
    scene.open(["p1"], 1);
    assert.deepEqual(scene.hear("eve", bidOf("bob", [0.9])), [], "of no round");
    const nonce = scene.task?.nonce ?? "";
    const penalty = ["eve: bid not signed by its sender"];
    assert.deepEqual(scene.hear("eve", { ...bidOf("bob", [0.9]), nonce }), penalty);
    assert.deepEqual(scene.hear("eve", { ...bidOf("eve", [0.9]), nonce }), penalty);
    const { signature: _, ...rest } = { ...bidOf("eve", [0.9]), nonce, wallMs: 5 };
    assert.deepEqual(scene.hear("eve", sign<Bid>(rest, signerOf("eve"))), []);
    assert.deepEqual(scene.hear("bob", { ...bidOf("bob", [0.9]), task: "task-9" }), []);
  });

  test("an award carries what proves that its pods may run, unless it is too much", () => {
    const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
    const where = { collection: "replicasets.apps/default", name: "web", part: "spec" } as const;
    const entryOf = (body: string) => ({ ...where, stamp, author: "ann", body, signature: "s" });
    for (const [body, sent] of [
      ["{}", 1],
      ["x".repeat(awardLengthMax + 1), 0],
    ] as const) {
      const scene = new Scene();
      scene.entries = [entryOf(body)];
      scene.open(["p1", "p2"], 1);
      assert.deepEqual(scene.bid("bob", [0.9, 0.8]), ["bob <- award p1,p2"]);
      assert.equal(scene.proof.length, sent);
    }
  });

  test("one task is auctioned once at a time", () => {
    const scene = new Scene();
    scene.open(["p1"]);
    assert.deepEqual(scene.open(["p1"]), []);
    assert(scene.auctioneer.has("task-1"));
    assert.deepEqual(scene.open(["p2"], 3, "task-2"), ["publish 1 round 0"]);
  });
});

describe("Auctioneer and Bidder", () => {
  test("three pods go to three machines, in one round trip", () => {
    const market = new Market(["ann", "bob", "cid"]);
    market.open("ann", { pods: ["p1", "p2", "p3"] });
    market.run(10);
    assert.deepEqual([...market.placed.values()].toSorted(), ["ann", "bob", "cid"]);
  });

  test("says why nobody takes a pod", () => {
    const market = new Market(["ann", "bob", "cid"], { bob: { unschedulable: true } });
    market.open("ann", { pods: ["p1"], cpuMillicores: 64_000 });
    market.run(10);
    assert.deepEqual(market.failures, [
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
    ]);
  });

  test("has less important pods make room where nobody has any, and as few as can be", () => {
    const full = { reserved: { cpuMillicores: 4000, memoryBytes: 0, pods: 1 } };
    const occupancy = (priority: number) => () => ({
      allowed: new Map(),
      occupants: [
        {
          uid: "old",
          priority,
          cpuMillicores: 4000,
          memoryBytes: 0,
          hostPorts: [],
          sinceMs: 0,
          isGoing: false,
          budgets: [],
        },
      ],
    });
    const offers = {
      ann: { ...full, occupancy: occupancy(7) },
      bob: { ...full, occupancy: occupancy(5) },
      cid: { ...full, occupancy: occupancy(9) },
    };
    const market = new Market(["ann", "bob", "cid"], offers);
    market.open("ann", { pods: ["p1"], priority: 8, mayPreempt: true });
    market.run(20);
    assert.deepEqual([...market.placed], [["p1", "bob"]]);
    market.open("ann", { pods: ["p2"], priority: 8 });
    market.open("ann", { pods: ["p3"], priority: 5, mayPreempt: true });
    market.run(20);
    assert.equal(market.placed.size, 1);
    const why = "0/3 nodes are available: 3 Insufficient cpu.";
    assert.deepEqual(market.failures, [why, why]);
  });

  test("asks nobody to make room while somebody has some", () => {
    const market = new Market(["ann", "bob"], { ann: { unschedulable: true } });
    market.open("ann", { pods: ["p1"], priority: 8, mayPreempt: true });
    market.run(10);
    assert.deepEqual([...market.placed], [["p1", "bob"]]);
    const tasks = market.sent.filter((message) => message.k === "task");
    assert(tasks.every(({ preempts }) => preempts === undefined));
  });

  test("a machine that falls silent holds a pod up for less than half a second", () => {
    const market = new Market(["ann", "bob"], { bob: { longevity: 1 } });
    market.silent.add("bob");
    market.open("ann", { pods: ["p1"] });
    market.run(450);
    assert.equal(market.placed.get("p1"), "ann");
  });
});

test("trace: an award is refused, the next is not answered, the third confirms", (t) => {
  const scene = new Scene();
  const log: string[] = [];
  const note = (what: string, lines: readonly string[]): void => {
    log.push(`> ${what}`, ...lines.map((line) => `    ${line}`));
  };
  note("0 open p1 p2, 3 machines", scene.open(["p1", "p2"]));
  note("1 bob bids 0.9 0.6", scene.bid("bob", [0.9, 0.6]));
  note("1 cid bids 0.8 0.5", scene.bid("cid", [0.8, 0.5]));
  note("1 dan bids 0.3 0.2", scene.bid("dan", [0.3, 0.2]));
  note("2 cid refuses p2", scene.answer("cid", "refuse", ["p2"]));
  for (const ms of [155, 305]) note(`${ms} tick`, scene.tick(ms));
  note("310 dan confirms p1", scene.answer("dan", "confirm", ["p1", "p2"], 310));
  t.assert.fileSnapshot(`${log.join("\n")}\n`, `${import.meta.dirname}/testdata/refusal.txt`, {
    serializers: [String],
  });
});
