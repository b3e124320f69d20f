import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Group } from "./group.test.ts";
import { periodMs } from "./limits.ts";

/** From the death of a replica to the request for its clone, in a group of so many. */
function boundMs(count: number): number {
  return count * periodMs + 5000;
}

/** Each property takes some 60 ms a seed; three hundred hold as well, and take minutes. */
const seeds = Array.from({ length: 60 }, (_, seed) => seed);

describe("ReplicaWatch", () => {
  test("doubts nobody while nothing goes wrong, however slow the network", () => {
    for (const seed of seeds.slice(0, 50)) {
      const group = new Group({ seed, count: 2 + (seed % 8), latencyMsMax: 190 });
      group.run(60_000);
      assert.deepEqual(group.asks, []);
      assert(!group.log.some((line) => line.includes("doubted")), `seed ${seed}`);
    }
  });

  test("asks once for the clone of each that dies, within a bound", () => {
    let asked = 0;
    for (const seed of seeds) {
      const count = 2 + (seed % 9);
      const group = new Group({ seed, count, replaceMsMax: 800 });
      const random = seededRandom(seed);
      group.run(3000 + random.below(5000));
      for (let deaths = 0; deaths < 3; deaths += 1) {
        const victim = group.living[random.below(group.living.length)] ?? "";
        group.kill(victim);
        group.run(boundMs(count));
        const asks = group.asks.filter(({ uid }) => uid === victim);
        assert.equal(asks.length, 1, `seed ${seed}: ${victim} is asked for once`);
        assert.equal(group.living.length, count, `seed ${seed}`);
        asked += 1;
      }
      assert.equal(group.asks.length, 3, `seed ${seed}`);
    }
    assert.equal(asked, 3 * seeds.length);
  });

  test("others take over when the one that was to ask dies too", () => {
    let taken = 0;
    for (const seed of seeds) {
      const count = 4 + (seed % 6);
      const group = new Group({ seed, count });
      group.run(5000);
      const [victim = ""] = group.living;
      group.kill(victim);
      // No machine acts: whoever asks dies at once, until two are left.
      let seen = 0;
      for (let turn = 0; turn < 600 && group.living.length > 2; turn += 1) {
        group.run(100);
        const asks = group.asks.slice(seen).filter(({ uid }) => uid === victim);
        seen = group.asks.length;
        const asker = asks[0]?.by;
        if (asker === undefined || group.at(asker).isDead) continue;
        group.kill(asker);
        taken += 1;
      }
      assert.equal(group.living.length, 2, `seed ${seed}: each that asked had a successor`);
    }
    assert(taken > 3 * seeds.length, String(taken));
  });

  test("loses nobody whom a majority reaches", () => {
    let doubted = 0;
    for (const seed of seeds) {
      const count = 4 + (seed % 6);
      const group = new Group({ seed, count });
      group.run(4000);
      cutSome(group, seededRandom(seed + 1000));
      group.run(40_000);
      assert.deepEqual(group.asks, [], `seed ${seed}`);
      if (group.log.some((line) => line.includes("doubted"))) doubted += 1;
    }
    assert(doubted > seeds.length / 3, `doubts come up, or nothing is shown: ${doubted}`);
  });

  test("loses nobody to a network that loses one message in ten", () => {
    let asked = 0;
    for (const seed of seeds) {
      const group = new Group({ seed, count: 3 + (seed % 7), lossPerMille: 100 });
      group.run(60_000);
      assert.deepEqual(group.asks, [], `seed ${seed}`);
      if (group.log.some((line) => line.includes(" ask "))) asked += 1;
    }
    assert(asked > 0.8 * seeds.length, String(asked));
  });

  test("one that was paused loses nobody, and is back with all", () => {
    let lost = 0;
    for (const seed of seeds) {
      const count = 3 + (seed % 5);
      const group = new Group({ seed, count });
      group.run(5000);
      const [paused = ""] = group.living;
      group.pause(paused, 2000 + (seed % 20) * 1000);
      group.run(60_000);
      const wrong = group.asks.filter(({ by, uid }) => by === paused || uid !== paused);
      assert.deepEqual(wrong, [], `seed ${seed}`);
      if (group.asks.length > 0) lost += 1;
      for (const uid of group.living) {
        assert.deepEqual(group.countsOf(uid), { alive: count - 1, doubted: 0, lost: 0 });
      }
    }
    assert(lost > seeds.length / 3, String(lost));
  });

  test("each side of a cut asks for the other, and all are back after it", () => {
    for (const seed of seeds) {
      const count = 2 + (seed % 7);
      const group = new Group({ seed, count });
      group.run(5000);
      const left = group.living.slice(0, Math.ceil(count / 2));
      const right = group.living.slice(left.length);
      for (const a of left) for (const b of right) group.cut(a, b);
      group.run(2 * boundMs(count));
      for (const [side, other] of [
        [left, right],
        [right, left],
      ] as const) {
        const asks = group.asks.filter(({ by }) => side.includes(by));
        assert.deepEqual(new Set(asks.map(({ uid }) => uid)), new Set(other), `seed ${seed}`);
      }
      group.cuts.clear();
      group.run(60_000);
      for (const uid of group.living) {
        assert.deepEqual(group.countsOf(uid), { alive: count - 1, doubted: 0, lost: 0 });
      }
    }
  });

  test("costs a member as much among a hundred as among three, in small messages", () => {
    const rates = [3, 100].map((count) => {
      const group = new Group({ seed: 5, count });
      group.run(30_000);
      assert(group.bytesMax < 1024, `${group.bytesMax} bytes`);
      const most = Math.max(...[...group.members.values()].map(({ sent }) => sent));
      return most / 30;
    });
    assert(
      rates.every((rate) => rate <= 1.1),
      String(rates),
    );
  });

  test("finds a death among a hundred, and the first heir asks", () => {
    const group = new Group({ seed: 6, count: 100, replaceMsMax: 500 });
    group.run(5000);
    group.kill("r17");
    group.run(15_000);
    assert.equal(group.asks.length, 1);
    assert.equal(group.asks[0]?.uid, "r17");
    assert(group.bytesMax < 1024, `${group.bytesMax} bytes`);
  });

  test("any other sign of life counts as well", () => {
    const group = new Group({ seed: 8, count: 2 });
    group.run(5000);
    group.cut("r0", "r1");
    for (let turn = 0; turn < 100; turn += 1) {
      group.run(200);
      group.give("r0", { kind: "heard", uid: "r1" });
    }
    assert(group.asks.every(({ by }) => by === "r1"));
  });

  test("goes on after a tick that came too early", () => {
    const group = new Group({ seed: 10, count: 2 });
    group.run(5000);
    for (let turn = 0; turn < 100; turn += 1) {
      const effects = group.at("r0").watch.step({ kind: "tick" }, group.now("r0"));
      assert(effects.some(({ kind }) => kind === "wake"));
      group.run(1);
    }
  });

  test("watches no more than it may", () => {
    const group = new Group({ seed: 9, count: 1200 });
    group.run(300);
    assert.equal(group.countsOf("r1100").alive, 1024);
  });
});

/** Cuts ways between members, as long as each still reaches a majority of the others. */
function cutSome(group: Group, random: { below: (bound: number) => number }): void {
  const uids = group.living;
  const others = uids.length - 1;
  const left = new Map(uids.map((uid) => [uid, others]));
  const reachMin = Math.floor(uids.length / 2) + 1;
  for (let tries = 0; tries < 60; tries += 1) {
    const [a = "", b = ""] = [uids[random.below(uids.length)], uids[random.below(uids.length)]];
    const [ofA = 0, ofB = 0] = [left.get(a), left.get(b)];
    if (a === b || group.cuts.has(`${a} ${b}`) || ofA <= reachMin || ofB <= reachMin) continue;
    group.cut(a, b);
    left.set(a, ofA - 1).set(b, ofB - 1);
  }
}
