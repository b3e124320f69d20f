/** What holds of the balancer for many seeds: requests, raw connections, failures. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Random, seededRandom } from "@beemesh/base";
import { Balancer } from "./balancer.ts";
import type { Outcome } from "./ejection.ts";

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

/** A mesh of endpoints that answer as told, some at once and some after a while. */
class Traffic {
  readonly balancer = new Balancer();
  readonly counts = new Map<string, number>();
  readonly random: Random;
  readonly uids: readonly string[];
  readonly #open: string[] = [];
  nowMs = 0;

  constructor(seed: number, count: number) {
    this.random = seededRandom(seed);
    this.uids = Array.from({ length: count }, (_, index) => `u${index}`);
    this.balancer.update(
      this.uids.map((uid) => ({ uid })),
      instantAt(0),
    );
  }

  /** One request: chosen, answered, over. */
  request(outcome: (uid: string) => Outcome, latencyMs: (uid: string) => number = () => 5): void {
    const uid = this.#choose();
    this.balancer.started(uid);
    this.balancer.finished(uid, instantAt(this.nowMs), outcome(uid), latencyMs(uid));
  }

  /** One raw connection, which stays open; now and then an old one is closed. */
  connect(openMax: number): void {
    const uid = this.#choose();
    this.balancer.started(uid);
    this.balancer.judged(uid, instantAt(this.nowMs), "ok", 1 + this.random.below(3));
    this.#open.push(uid);
    if (this.#open.length <= openMax) return;
    const [closed] = this.#open.splice(this.random.below(this.#open.length), 1);
    this.balancer.ended(closed ?? "");
  }

  /** Open connections of each endpoint. */
  openOf(uid: string): number {
    return this.#open.filter((each) => each === uid).length;
  }

  #choose(): string {
    this.nowMs += 1 + this.random.below(20);
    const choice = this.balancer.choose(this.random, instantAt(this.nowMs));
    assert(choice.kind === "endpoint");
    this.counts.set(choice.uid, (this.counts.get(choice.uid) ?? 0) + 1);
    return choice.uid;
  }
}

describe("whatever the seed,", () => {
  test("equal endpoints get equal shares of requests, within a half", () => {
    for (const seed of seeds) {
      const traffic = new Traffic(seed, 2 + (seed % 9));
      const each = 200;
      const latencyMs = (): number => 4 + traffic.random.below(3);
      for (let count = 0; count < each * traffic.uids.length; count += 1) {
        traffic.request(() => "ok", latencyMs);
      }
      for (const uid of traffic.uids) {
        const share = (traffic.counts.get(uid) ?? 0) / each;
        assert(share > 0.5 && share < 1.5, `seed ${seed}, ${uid}: ${share}`);
      }
    }
  });

  test("raw connections spread by how many are open, and nobody starves", () => {
    for (const seed of seeds) {
      const traffic = new Traffic(seed, 4);
      for (let count = 0; count < 2000; count += 1) traffic.connect(200);
      for (const uid of traffic.uids) {
        assert((traffic.counts.get(uid) ?? 0) > 150, `seed ${seed}, ${uid} starves`);
        const open = traffic.openOf(uid);
        assert(open > 15 && open < 110, `seed ${seed}, ${uid}: ${open} of 200`);
      }
    }
  });

  test("an endpoint that was slow or silent for long is asked again", () => {
    for (const seed of seeds) {
      const traffic = new Traffic(seed, 2);
      traffic.balancer.started("u0");
      traffic.balancer.finished("u0", instantAt(0), "ok", 30_000);
      for (let count = 0; count < 100; count += 1) traffic.request(() => "ok");
      traffic.nowMs += 3_600_000;
      traffic.counts.clear();
      for (let count = 0; count < 200; count += 1) traffic.request(() => "ok");
      assert((traffic.counts.get("u0") ?? 0) > 10, `seed ${seed}`);
    }
  });

  test("at most half are left out, and all are back when they are well", () => {
    let mostOut = 0;
    for (const seed of seeds) {
      const traffic = new Traffic(seed, 1 + (seed % 8));
      const { balancer, uids } = traffic;
      const bad = new Set(uids.filter(() => traffic.random.below(2) === 0));
      const outcomes: readonly Outcome[] = ["gateway", "serverError", "cancelled", "ok"];
      for (let count = 0; count < 500; count += 1) {
        const drawn = outcomes[traffic.random.below(4)] ?? "ok";
        traffic.request((uid) => (bad.has(uid) ? drawn : "ok"));
        const out = balancer.ejectedAt(instantAt(traffic.nowMs));
        assert(out <= Math.floor(uids.length / 2), `seed ${seed}: ${out} of ${uids.length}`);
        mostOut = Math.max(mostOut, out);
      }
      // The first round ends with a look back at bad answers, the second one does not.
      for (const length of [20, 100]) {
        traffic.nowMs += 300_000;
        traffic.counts.clear();
        for (let count = 0; count < length * uids.length; count += 1) traffic.request(() => "ok");
      }
      assert.equal(balancer.ejectedAt(instantAt(traffic.nowMs)), 0);
      for (const uid of uids) assert(traffic.counts.has(uid), `seed ${seed}: ${uid} is back`);
    }
    assert(mostOut > 1, "the seeds reach endpoints that are left out");
  });
});

test("what is ejected is tried by one request, whatever connections it still has", () => {
  const balancer = new Balancer();
  const at = instantAt;
  balancer.update([{ uid: "u0" }, { uid: "u1" }], at(0));
  balancer.started("u0");
  balancer.judged("u0", at(0), "ok", 1);
  for (let count = 0; count < 5; count += 1) {
    balancer.started("u0");
    balancer.finished("u0", at(1), "gateway", 1);
  }
  assert.equal(balancer.ejectedAt(at(2)), 1);
  for (let count = 0; count < 5; count += 1) {
    balancer.started("u1");
    balancer.judged("u1", at(2), "ok", 1);
  }
  const random = seededRandom(1);
  const drawn = new Set<string>();
  for (let count = 0; count < 50; count += 1) {
    const choice = balancer.choose(random, at(60_000), []);
    if (choice.kind === "endpoint") drawn.add(choice.uid);
  }
  assert(drawn.has("u0"), "an old connection does not keep it out");
  balancer.started("u0");
  balancer.judged("u0", at(60_001), "ok", 1);
  assert.equal(balancer.ejectedAt(at(60_002)), 0);
});
