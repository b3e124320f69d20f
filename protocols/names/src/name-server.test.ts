import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Random, seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { NameServer, type NameServerEffect, type NameServerEvent } from "./name-server.ts";
import { NameServerStage } from "./name-server-stage.ts";
import { readReply } from "./reply-reader.ts";
import { queryBytes } from "./test-query.ts";

const codesOf = (effects: readonly NameServerEffect[]): (number | undefined)[] =>
  effects.flatMap((each) => (each.kind === "reply" ? [readReply(each.bytes)?.code] : []));
const kindsOf = (effects: readonly NameServerEffect[]): string[] => effects.map(({ kind }) => kind);

function assertBounded(server: NameServer): void {
  const { answers, records, flights, waiting } = server.holdings;
  assert(answers <= 1024 && records <= 8192 && flights <= 256 && waiting <= 1024);
}

describe("NameServer", () => {
  test("turns the addresses from one reply to the next", () => {
    const stage = new NameServerStage();
    stage.query("web");
    stage.answer(1, "found", "10.0.0.1", "10.0.0.2");
    const firsts = Array.from({ length: 4 }, () => {
      const [reply] = stage.query("web");
      assert(reply?.kind === "reply");
      const [record] = readReply(reply.bytes)?.answers ?? [];
      return record?.type === "A" ? record.address : "";
    });
    assert.equal(new Set(firsts).size, 2);
    assert.notEqual(firsts[0], firsts[1]);
  });

  test("takes a late answer into its cache", () => {
    const stage = new NameServerStage();
    stage.query("web");
    assert.deepEqual(codesOf(stage.at(4000).step({ kind: "tick" })), [2]);
    stage.at(4500).answer(1, "found", "10.0.0.1");
    assert.deepEqual(codesOf(stage.at(4600).query("web")), [0]);
  });

  test("asks again what was lost, and gives up what nobody waits for", () => {
    const stage = new NameServerStage();
    stage.query("web");
    stage.at(8000).query("web");
    const lost = stage.at(10_000).step({ kind: "tick" });
    assert.deepEqual(lost.filter(({ kind }) => kind === "ask").length, 1);
    stage.at(20_000).step({ kind: "tick" });
    assert.deepEqual(stage.server.holdings, { answers: 0, records: 0, flights: 0, waiting: 0 });
  });

  test("takes no answer that it did not ask for", () => {
    const stage = new NameServerStage();
    stage.answer(1, "found", "10.0.0.1");
    assert.equal(stage.server.holdings.answers, 0);
  });

  test("refuses and drops a flood of names in bounded memory, and serves what it knows", () => {
    const stage = new NameServerStage();
    stage.query("web");
    stage.answer(1, "found", "10.0.0.1");
    const kinds = new Map<string, number>();
    for (let index = 0; index < 20_000; index += 1) {
      for (const effect of stage.query(`x${index}`)) {
        const kind = effect.kind === "reply" ? `code ${codesOf([effect])[0]}` : effect.kind;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      assertBounded(stage.server);
    }
    assert.equal(kinds.get("ask"), 256);
    assert((kinds.get("code 5") ?? 0) > 1000);
    assert((kinds.get("drop") ?? 0) > 15_000);
    assert.deepEqual(codesOf(stage.at(1000).query("web")), [0]);
  });

  test("bounds those who wait for one name", () => {
    const stage = new NameServerStage();
    const codes = Array.from({ length: 2000 }, () => stage.query("web")).flatMap(codesOf);
    assert.equal(stage.server.holdings.waiting, 1024);
    assert.deepEqual(new Set(codes), new Set([5]));
    assert.equal(codesOf(stage.answer(1, "found", "10.0.0.1")).length, 1024);
    assert.equal(stage.server.holdings.waiting, 0);
  });

  test("each query gets one reply or one drop, whatever happens and whenever", () => {
    const names = fc.constantFrom("a", "b", "c.d", "", "no name");
    const step = fc.oneof(
      fc.record({ kind: fc.constant("query" as const), name: names, type: fc.constantFrom(1, 28) }),
      fc.record({ kind: fc.constant("answered" as const), id: fc.integer({ min: 1, max: 9 }) }),
      fc.record({
        kind: fc.constantFrom("forget" as const, "connected" as const, "tick" as const),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(3000)), { maxLength: 60 }), (steps) => {
        const server = new NameServer();
        const settled = new Map<number, number>();
        let ms = 0;
        let queries = 0;
        let wakeAt: number | undefined;
        const run = (event: NameServerEvent): void => {
          for (const effect of server.step(event, { at: instantAt(ms), wallMs: 0 })) {
            if (effect.kind === "wake") wakeAt = effect.at;
            if (effect.kind !== "reply" && effect.kind !== "drop") continue;
            settled.set(effect.id, (settled.get(effect.id) ?? 0) + 1);
          }
        };
        const rest = (until: number): void => {
          for (let turn = 0; wakeAt !== undefined && wakeAt <= until; turn += 1) {
            assert(turn < 1000, "wakes lead somewhere");
            ms = Math.max(ms, wakeAt);
            wakeAt = undefined;
            run({ kind: "tick" });
          }
          ms = until;
        };
        for (const [each, pauseMs] of steps) {
          rest(ms + pauseMs);
          if (each.kind === "query") {
            queries += 1;
            const bytes = queryBytes(each.name, { type: each.type });
            run({ kind: "query", id: queries, bytes, transport: "udp" });
          } else if (each.kind === "answered") {
            const answer = { id: each.id, status: "found", ttlSeconds: 3, records: [] } as const;
            run({ kind: "answered", answer });
          } else run({ kind: each.kind });
        }
        rest(ms + 60_000);
        assert.equal(settled.size, queries, "everybody is answered");
        assert(
          [...settled.values()].every((count) => count === 1),
          "and nobody twice",
        );
        assert.equal(server.holdings.flights, 0);
      }),
      { numRuns: 300 },
    );
  });

  test("survives 50,000 messages from seed 3: garbage, and queries with bytes changed", () => {
    const random = seededRandom(3);
    const server = new NameServer();
    const seen = new Set<string>();
    for (let index = 0; index < 50_000; index += 1) {
      const bytes = index % 2 === 0 ? garbage(random) : damaged(random);
      const now = { at: instantAt(index), wallMs: 0 };
      const transport = random.below(2) === 0 ? "udp" : "tcp";
      for (const effect of server.step({ kind: "query", id: index, bytes, transport }, now)) {
        seen.add(effect.kind);
        if (effect.kind === "ask") assert.match(effect.name, /^[a-z0-9_*.-]{1,253}$/u);
        if (effect.kind === "ask" && random.below(2) === 0) {
          const answer = { id: effect.id, status: "absent", ttlSeconds: 1, records: [] } as const;
          server.step({ kind: "answered", answer }, now);
        }
        if (effect.kind !== "reply") continue;
        assert(effect.bytes.length <= (transport === "udp" ? 1232 : 65_535));
        const reply = readReply(effect.bytes);
        assert(reply, `reply ${index} can be read`);
        seen.add(`code ${reply.code}`);
      }
      if (index % 100 === 0) assertBounded(server);
    }
    const ends = ["ask", "drop", "reply", "wake", "code 1", "code 2", "code 3", "code 4", "code 5"];
    assert.deepEqual([...seen].filter((each) => ends.includes(each)).toSorted(), ends.toSorted());
  });

  test("wakes once for what is in flight", () => {
    const stage = new NameServerStage();
    assert.deepEqual(kindsOf(stage.query("web")), ["ask", "wake"]);
    assert.deepEqual(kindsOf(stage.at(1).query("db")), ["ask"]);
  });
});

function garbage(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.below(80) }, () => random.below(256));
}

function damaged(random: Random): Uint8Array {
  const name = `${"ab.".repeat(random.below(30))}x${random.below(50)}`;
  const text = { type: [1, 28, 33, 255, 41][random.below(5)] ?? 1, payload: random.below(5000) };
  const bytes = queryBytes(name, text);
  for (let changes = random.below(4); changes > 0; changes -= 1) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.below(8) === 0 ? bytes.slice(0, random.below(bytes.length)) : bytes;
}
