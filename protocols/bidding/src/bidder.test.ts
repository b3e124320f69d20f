import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Bidder, type BidderSetup } from "./bidder.ts";
import type { BidderEffect } from "./effect.ts";
import type { MachineOffer } from "./machine-offer.ts";
import { at, awardOf, offerOf, signerOf, taskWith, verifier } from "./market.test.ts";
import type { BiddingMessage } from "./message.ts";
import { skewMsMax } from "./nonce-window.ts";

/** The bidder of bob, told things, and what it answers. */
class Scene {
  offer: MachineOffer = offerOf("bob");
  readonly bidder: Bidder;

  constructor(part: Partial<BidderSetup> = {}) {
    const setup = { signer: signerOf("bob"), verifier, random: seededRandom(1) };
    this.bidder = new Bidder({ ...setup, ...part });
  }

  tell(message: BiddingMessage, ms = 0, from = "ann"): string[] {
    return lines(this.bidder.step({ kind: "message", from, message }, at(ms), this.offer));
  }

  tick(ms: number): string[] {
    return lines(this.bidder.step({ kind: "tick" }, at(ms), this.offer));
  }
}

function lines(effects: readonly BidderEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.kind === "wake") return `wake ${effect.at}`;
    if (effect.kind === "penalize") return `${effect.peer}: ${effect.reason}`;
    if (effect.kind === "observe") return effect.event;
    if (effect.kind === "expired") return `expired ${effect.uid}`;
    if (effect.kind === "accepted" || effect.kind === "revoked") {
      return `${effect.kind} ${effect.uids.join()}`;
    }
    const { message, to } = effect;
    if (message.k === "bid") return `${to} <- bid ${message.scores.length} ${message.nonce}`;
    if (message.k === "explain") return `${to} <- ${message.filter}`;
    if (message.k === "confirm") return `${to} <- confirm ${message.uids.join()}`;
    if (message.k === "refuse") return `${to} <- refuse ${message.uids.join()}: ${message.filter}`;
    return message.k;
  });
}

const pods = ["p1"];
const full = { reserved: { cpuMillicores: 4000, memoryBytes: 0, pods: 9 } };

describe("Bidder", () => {
  test("bids at once in a small mesh, for as many pods as fit", () => {
    assert.deepEqual(new Scene().tell(taskWith({ count: 3 })), ["ann <- bid 3 nonce-1"]);
    const scene = new Scene();
    scene.offer = offerOf("bob", { reserved: { cpuMillicores: 3850, memoryBytes: 0, pods: 0 } });
    assert.deepEqual(scene.tell(taskWith({ count: 3 })), ["ann <- bid 1 nonce-1"]);
  });

  test("says why it cannot, if asked, and nothing otherwise", () => {
    const scene = new Scene();
    scene.offer = offerOf("bob", full);
    assert.deepEqual(scene.tell(taskWith({})), ["ann <- Insufficient cpu"]);
    assert.deepEqual(scene.tell(taskWith({ explain: false, nonce: "n2" })), []);
  });

  test("in a large mesh the better machine bids sooner, and looks again before it does", () => {
    const delayOf = (longevity: number): number => {
      const scene = new Scene();
      scene.offer = offerOf("bob", { longevity });
      const [wake = ""] = scene.tell(taskWith({ audience: 17, round: 2 }));
      return Number(wake.slice("wake ".length));
    };
    assert(delayOf(0.9) < delayOf(0.1) && delayOf(0.1) < 90);
    const scene = new Scene();
    scene.tell(taskWith({ audience: 17, round: 2 }));
    assert.deepEqual(scene.tick(1), []);
    scene.offer = offerOf("bob", full);
    assert.deepEqual(scene.tick(90), [], "no room any more");
  });

  test("keeps what it is awarded, says so, and says it again if asked again", () => {
    const scene = new Scene();
    scene.tell(taskWith({}));
    assert.deepEqual(scene.tell(awardOf("bob", pods), 5), [
      "ann <- confirm p1",
      "accepted p1",
      "wake 2005",
    ]);
    assert.deepEqual(scene.tell(awardOf("bob", pods), 6), ["ann <- confirm p1"]);
    assert.equal(scene.bidder.leased, 1);
  });

  test("refuses the pods that no longer fit, and takes the others", () => {
    const scene = new Scene();
    scene.offer = offerOf("bob", { reserved: { cpuMillicores: 3700, memoryBytes: 0, pods: 0 } });
    scene.tell(taskWith({ count: 5 }));
    const many = ["p1", "p2", "p3", "p4", "p5"];
    assert.deepEqual(scene.tell(awardOf("bob", many)).slice(0, 3), [
      "ann <- confirm p1,p2,p3",
      "ann <- refuse p4,p5: Insufficient cpu",
      "accepted p1,p2,p3",
    ]);
    assert.deepEqual(scene.tell(taskWith({ nonce: "n2" })), ["ann <- Insufficient cpu"]);
  });

  test("a lease ends when the pod has started or is released, or runs out", () => {
    const scene = new Scene();
    scene.tell(taskWith({ count: 3 }));
    const three = ["p1", "p2", "p3"];
    scene.tell(awardOf("bob", three));
    scene.bidder.step({ kind: "started", uid: "p1" }, at(1), scene.offer);
    scene.bidder.step({ kind: "released", uid: "p2" }, at(2), scene.offer);
    assert.equal(scene.bidder.leased, 1);
    assert.deepEqual(scene.tick(1999), []);
    assert.deepEqual(scene.tick(2000), ["expired p3", "lease.expired"]);
    assert.equal(scene.bidder.leased, 0);
  });

  test("a revoked award is given up, also if its revocation came first", () => {
    const revoke = { k: "revoke", task: "task-1", award: "award-1", uids: ["p1"] } as const;
    const scene = new Scene();
    scene.tell(taskWith({}));
    scene.tell(awardOf("bob", pods));
    assert.deepEqual(scene.tell(revoke, 5, "eve"), [], "not by somebody else");
    assert.deepEqual(scene.tell(revoke, 5), ["revoked p1"]);
    assert.equal(scene.bidder.leased, 0);
    assert.match(scene.tell(awardOf("bob", pods), 6).join(), /^ann <- refuse p1/u);
    const other = new Scene();
    other.tell(taskWith({}));
    other.tell(revoke);
    assert.deepEqual(other.tell(awardOf("bob", pods)), []);
  });

  describe("believes nothing that", () => {
    test("comes from another than its author", () => {
      const reason = "eve: task not by its sender";
      assert.deepEqual(new Scene().tell(taskWith({}), 0, "eve"), [reason]);
      const scene = new Scene();
      scene.tell(taskWith({}));
      assert.match(scene.tell(awardOf("bob", pods), 0, "eve").join(), /^eve: award not by/u);
      assert.match(scene.tell(awardOf("cid", pods)).join(), /not for this machine$/u);
    });

    test("is not signed", () => {
      assert.deepEqual(new Scene().tell({ ...taskWith({}), count: 2 }), ["ann: task not signed"]);
      const scene = new Scene();
      scene.tell(taskWith({}));
      const forged = { ...awardOf("bob", pods), uids: ["p2"] };
      assert.deepEqual(scene.tell(forged), ["ann: award not signed"]);
    });

    test("is repeated, or too old", () => {
      const scene = new Scene();
      scene.tell(taskWith({}));
      assert.deepEqual(scene.tell(taskWith({}), 10), []);
      assert.deepEqual(new Scene().tell(taskWith({}), skewMsMax + 1), []);
    });

    test("awards a task of nobody, of another author, of long ago, or too much", () => {
      const refusal = ["ann <- refuse p1: node(s) didn't answer in time"];
      assert.deepEqual(new Scene().tell(awardOf("bob", pods)), refusal);
      const scene = new Scene();
      scene.tell(taskWith({ author: "cid" }), 0, "cid");
      assert.deepEqual(scene.tell(awardOf("bob", pods)), refusal);
      const late = new Scene();
      late.tell(taskWith({}));
      assert.deepEqual(late.tell(awardOf("bob", pods), 5000), refusal);
      const greedy = new Scene();
      greedy.tell(taskWith({ count: 1 }));
      const two = [...pods, "p2"];
      assert.match(greedy.tell(awardOf("bob", two)).join(), /refuse p1,p2/u);
    });

    test("is not admitted", () => {
      const scene = new Scene({ admit: (uid) => (uid === "p1" ? "not allowed" : undefined) });
      scene.tell(taskWith({ count: 2 }));
      assert.deepEqual(scene.tell(awardOf("bob", [...pods, "p2"])), [
        "award.inadmissible",
        "ann <- confirm p2",
        "ann <- refuse p1: not allowed",
        "accepted p2",
        "wake 2000",
      ]);
    });
  });
});
