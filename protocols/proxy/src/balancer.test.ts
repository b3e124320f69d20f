import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, seededRandom } from "@beemesh/base";
import { Balancer } from "./balancer.ts";
import { breakerLimits } from "./breaker.ts";
import type { Outcome } from "./ejection.ts";

const at = instantAt;

function balancerOf(count: number, limits = breakerLimits): Balancer {
  const balancer = new Balancer(limits);
  balancer.update(
    Array.from({ length: count }, (_, index) => ({ uid: `u${index}` })),
    at(0),
  );
  return balancer;
}

/** Makes requests, and counts how many each endpoint got. */
function spread(
  balancer: Balancer,
  options: {
    readonly requests: number;
    readonly startMs?: number;
    readonly latencyMs?: (uid: string) => number;
    readonly outcome?: (uid: string) => Outcome;
  },
): Map<string, number> {
  const random = seededRandom(1);
  const counts = new Map<string, number>();
  for (let request = 0; request < options.requests; request += 1) {
    const now = at((options.startMs ?? 0) + request);
    const choice = balancer.choose(random, now);
    assert(choice.kind === "endpoint");
    const { uid } = choice;
    balancer.started(uid);
    balancer.finished(uid, now, options.outcome?.(uid) ?? "ok", options.latencyMs?.(uid) ?? 5);
    counts.set(uid, (counts.get(uid) ?? 0) + 1);
  }
  return counts;
}

function fail(balancer: Balancer, uid: string, atMs: number, times = 5): boolean[] {
  return Array.from({ length: times }, () => {
    balancer.started(uid);
    return balancer.finished(uid, at(atMs), "gateway", 1);
  });
}

describe("Balancer", () => {
  test("says why there is no endpoint", () => {
    const random = seededRandom(1);
    assert.deepEqual(balancerOf(0).choose(random, at(0)), { kind: "none", cause: "empty" });
    const full = balancerOf(2, { ...breakerLimits, requestsMax: 0 });
    assert.deepEqual(full.choose(random, at(0)), { kind: "none", cause: "full" });
  });

  test("stays with an endpoint while that is well and asked often enough, if it is to", () => {
    const balancer = balancerOf(8);
    const random = seededRandom(1);
    const chosen = (ms: number, exclude: readonly string[] = []): string => {
      const choice = balancer.choose(random, at(ms), exclude);
      return choice.kind === "endpoint" ? choice.uid : "";
    };
    balancer.stick(1000);
    const first = chosen(0);
    for (let ms = 900; ms < 20_000; ms += 900) assert.equal(chosen(ms), first);
    const other = chosen(20_000, [first]);
    assert.notEqual(other, first);
    assert.equal(chosen(20_500), other, "who was tried in vain is left");
    fail(balancer, other, 20_500);
    const third = chosen(20_501);
    assert.notEqual(third, other, "who is left out is left");
    balancer.update([{ uid: "new" }], at(20_502));
    assert.equal(chosen(20_502), "new", "who is gone is left");
  });

  test("leaves an endpoint that was not asked for long, and when it need not stay", () => {
    const balancer = balancerOf(8);
    const random = seededRandom(2);
    const chosen = (ms: number): string => {
      const choice = balancer.choose(random, at(ms));
      return choice.kind === "endpoint" ? choice.uid : "";
    };
    balancer.stick(1000);
    const seen = new Set(Array.from({ length: 50 }, (_, index) => chosen(index * 1001)));
    assert(seen.size > 1);
    balancer.stick(undefined);
    assert(new Set(Array.from({ length: 50 }, () => chosen(60_000))).size > 1);
    balancer.stick(1000);
    assert.equal(new Set(Array.from({ length: 50 }, () => chosen(60_000))).size, 1);
  });

  test("gives every one of many equal endpoints its share", () => {
    const counts = spread(balancerOf(10), { requests: 10_000 });
    for (const [uid, count] of counts) assert(count > 700 && count < 1300, `${uid}: ${count}`);
    assert.equal(counts.size, 10);
  });

  test("gives slow endpoints little", () => {
    const latencyMs = (uid: string): number => (uid === "u0" ? 100 : 5);
    const counts = spread(balancerOf(4), { requests: 4000, latencyMs });
    assert((counts.get("u0") ?? 0) < 40, JSON.stringify([...counts]));
  });

  test("gives endpoints with many requests in flight no more", () => {
    const balancer = balancerOf(2);
    spread(balancer, { requests: 100 });
    for (let count = 0; count < 50; count += 1) balancer.started("u0");
    assert.deepEqual([...spread(balancer, { requests: 50, startMs: 100 }).keys()], ["u1"]);
  });

  test("keeps what it knows of endpoints that stay", () => {
    const balancer = balancerOf(3);
    fail(balancer, "u0", 0);
    balancer.update([{ uid: "u0" }, { uid: "u1" }, { uid: "u7" }], at(1));
    assert.equal(balancer.ejectedAt(at(1)), 1);
    assert.equal(balancer.size, 3);
    assert.equal(balancer.finished("u2", at(1), "gateway", 1), false, "u2 is gone");
  });

  test("tries another endpoint first, and the same one if there is no other", () => {
    const random = seededRandom(1);
    for (let seed = 0; seed < 50; seed += 1) {
      const choice = balancerOf(2).choose(random, at(0), ["u1"]);
      assert.deepEqual(choice, { kind: "endpoint", uid: "u0" });
    }
    assert.deepEqual(balancerOf(1).choose(random, at(0), ["u0"]), { kind: "endpoint", uid: "u0" });
  });

  test("leaves out who fails five times, and lets one request find out when it is back", () => {
    const balancer = balancerOf(4);
    assert.deepEqual(fail(balancer, "u0", 0), [false, false, false, false, true]);
    assert(!spread(balancer, { requests: 1000 }).has("u0"));
    // After 10 s it is drawn again, but never by a second request beside the first.
    const random = seededRandom(3);
    const draw = (): string[] =>
      Array.from({ length: 200 }, () => {
        const choice = balancer.choose(random, at(10_001));
        return choice.kind === "endpoint" ? choice.uid : choice.cause;
      });
    assert(draw().includes("u0"));
    balancer.started("u0");
    assert(!draw().includes("u0"));
    assert(balancer.finished("u0", at(10_002), "gateway", 1), "one failure ejects it again");
    assert.equal(balancer.ejectedAt(at(30_001)), 1, "for 20 s this time");
    assert.equal(balancer.ejectedAt(at(30_002)), 0);
  });

  test("leaves out at most half", () => {
    const balancer = balancerOf(5);
    for (const uid of ["u0", "u1", "u2", "u3", "u4"]) fail(balancer, uid, 0);
    assert.equal(balancer.ejectedAt(at(1)), 2);
    const alone = balancerOf(1);
    fail(alone, "u0", 0, 50);
    assert.equal(alone.ejectedAt(at(1)), 0);
  });

  test("uses all if all are left out: better a suspect than nobody", () => {
    const balancer = balancerOf(4);
    fail(balancer, "u0", 0);
    fail(balancer, "u1", 0);
    balancer.update([{ uid: "u0" }, { uid: "u1" }], at(1));
    assert.equal(balancer.ejectedAt(at(1)), 2);
    assert.equal(balancer.choose(seededRandom(1), at(1)).kind, "endpoint");
  });

  test("leaves out who fails more often than the others, once an interval has shown it", () => {
    const balancer = balancerOf(10);
    let turn = 0;
    const outcome = (uid: string): Outcome => {
      if (uid === "u0") turn += 1;
      return uid === "u0" && turn % 2 === 0 ? "serverError" : "ok";
    };
    spread(balancer, { requests: 9_900, outcome });
    assert.equal(balancer.ejectedAt(at(9_900)), 0, "never five in a row");
    spread(balancer, { requests: 200, startMs: 9_950, outcome });
    assert.equal(balancer.ejectedAt(at(10_160)), 1);
  });

  test("passes over who is full", () => {
    const balancer = balancerOf(2, { ...breakerLimits, requestsMax: 1 });
    balancer.started("u0");
    for (let seed = 0; seed < 20; seed += 1) {
      assert.deepEqual(balancer.choose(seededRandom(seed), at(0)), { kind: "endpoint", uid: "u1" });
    }
    assert(balancer.mayConnect("u0") && !balancer.mayConnect("u9"));
    for (let count = 0; count < breakerLimits.connectionsMax; count += 1) {
      balancer.connecting("u0");
      balancer.connected("u0", true);
    }
    assert(!balancer.mayConnect("u0"));
    balancer.disconnected("u0");
    assert(balancer.mayConnect("u0"));
  });
});
