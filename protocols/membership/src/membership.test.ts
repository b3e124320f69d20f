import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now, seededRandom } from "@beemesh/base";
import { linesOf, member } from "./context.test.ts";
import { membershipDefaults } from "./context.ts";
import { type MembershipEffect, type MembershipEvent, Outbox } from "./effect.ts";
import type { Member } from "./member.ts";
import { Membership } from "./membership.ts";
import { statementOf } from "./message.ts";

const wallMs = 1_790_000_000_000;

function at(ms: number): Now {
  return { at: instantAt(ms), wallMs: wallMs + ms };
}

function young(id: string): Member {
  return { ...member(id), startedMs: wallMs };
}

function membershipOf(id: string, ...known: readonly Member[]): Membership {
  return new Membership({ self: young(id), known, random: seededRandom(1) });
}

/** A membership that is told things, and what it answers, as short lines. */
class Scene {
  readonly membership: Membership;

  constructor(membership: Membership) {
    this.membership = membership;
    this.tell(0, { kind: "start" });
  }

  tell(ms: number, event: MembershipEvent): string[] {
    return lines(this.membership.step(event, at(ms)));
  }

  /** Ticks whenever it wants to be woken, until an instant. */
  run(fromMs: number, untilMs: number): string[] {
    const said: string[] = [];
    for (let ms = fromMs; ms <= untilMs; ms += 10) {
      for (const line of this.tell(ms, { kind: "tick" })) said.push(`${ms} ${line}`);
    }
    return said;
  }
}

function lines(effects: readonly MembershipEffect[]): string[] {
  const out = new Outbox();
  for (const effect of effects) out.add(effect);
  return linesOf(out);
}

/** Three machines on a wire that loses nothing and takes a millisecond. */
class Wire {
  readonly nodes = new Map<string, Membership>();
  readonly down = new Set<string>();
  readonly log: string[] = [];
  #letters: { at: number; to: string; event: MembershipEvent }[] = [];
  #ms = 0;

  constructor(...ids: string[]) {
    for (const [seed, id] of ids.entries()) {
      const membership = new Membership({ self: young(id), random: seededRandom(seed) });
      this.nodes.set(id, membership);
    }
    for (const id of ids) this.perform(id, { kind: "start" });
    for (const a of ids) {
      for (const b of ids) if (a !== b) this.perform(a, { kind: "connected", peer: b });
    }
  }

  run(ms: number): void {
    for (const end = this.#ms + ms; this.#ms < end; this.#ms += 1) {
      const due = this.#letters.filter((letter) => letter.at <= this.#ms);
      this.#letters = this.#letters.filter((letter) => letter.at > this.#ms);
      for (const { to, event } of due) this.perform(to, event);
      for (const id of this.nodes.keys()) this.perform(id, { kind: "tick" });
    }
  }

  perform(id: string, event: MembershipEvent): void {
    if (this.down.has(id)) return;
    for (const effect of this.nodes.get(id)?.step(event, at(this.#ms)) ?? []) {
      for (const line of lines([effect])) {
        if (!/"hb"|^wake/u.test(line)) this.log.push(`${this.#ms} ${id}: ${line}`);
      }
      if (effect.kind === "send") {
        this.#post(effect.to, { kind: "message", from: id, message: effect.message });
      }
      if (effect.kind === "publish") {
        const others = [...this.nodes.keys()].filter((to) => to !== id);
        const news = { kind: "broadcast", from: id, message: effect.message } as const;
        for (const to of others) this.#post(to, news);
      }
    }
  }

  #post(to: string, event: MembershipEvent): void {
    this.#letters.push({ at: this.#ms + 1, to, event });
  }
}

describe("Membership", () => {
  test("three machines learn of each other, and of a death within 1.4 seconds", () => {
    const wire = new Wire("ann", "bob", "cid");
    wire.run(2000);
    for (const node of wire.nodes.values()) assert.equal(node.alive().length, 3);
    wire.down.add("cid");
    wire.run(1400);
    assert.equal(wire.nodes.get("ann")?.members().get("cid")?.state, "dead");
    assert.equal(wire.nodes.get("bob")?.members().get("cid")?.state, "dead");
  });

  test("does nothing before it starts and nothing after it left", () => {
    const membership = membershipOf("ann");
    assert.deepEqual(membership.step({ kind: "tick" }, at(0)), []);
    const scene = new Scene(membership);
    assert.match(scene.tell(10, { kind: "stop" }).join("\n"), /ann is left\n\* <- .*"ann",1,/u);
    assert.deepEqual(scene.tell(20, { kind: "connected", peer: "bob" }), []);
  });

  test("dials who it knew before, and believes any word of them", () => {
    const scene = new Scene(membershipOf("ann", member("bob", "alive", 5), member("cid", "left")));
    assert.deepEqual(scene.tell(1, { kind: "tick" }), []);
    assert.equal(scene.membership.members().get("bob")?.state, "dead");
    assert.equal(scene.membership.members().get("cid"), undefined);
    const news = { k: "news", m: [statementOf(member("bob", "alive", 1))] } as const;
    scene.tell(2, { kind: "message", from: "bob", message: news });
    assert.equal(scene.membership.members().get("bob")?.state, "alive");
  });

  test("wakes at its next heartbeat, and asks to be woken once for each", () => {
    const membership = membershipOf("ann");
    const wakes: number[] = [];
    const take = (effects: readonly MembershipEffect[]): void => {
      for (const effect of effects) if (effect.kind === "wake") wakes.push(effect.at);
    };
    take(membership.step({ kind: "start" }, at(0)));
    const [first = 0] = wakes;
    for (let ms = 1; ms < first; ms += 7) take(membership.step({ kind: "tick" }, at(ms)));
    assert.equal(wakes.length, 1);
    take(membership.step({ kind: "tick" }, at(first)));
    assert.deepEqual(wakes, [first, first + membershipDefaults.heartbeatMs]);
  });

  test("after it stood still it does not take its own sleep for others' silence", () => {
    const scene = new Scene(membershipOf("ann"));
    const news = { k: "news", m: [statementOf(member("bob"))] } as const;
    scene.tell(10, { kind: "message", from: "bob", message: news });
    const said = scene.tell(5000, { kind: "tick" });
    assert(said.includes("member.stalled"));
    assert(!said.includes("bob is suspect"));
    assert(
      scene.run(5010, 6000).some((line) => line.endsWith("bob is suspect")),
      "but then",
    );
  });

  test("tells all where it can be reached from now on", () => {
    const scene = new Scene(membershipOf("ann"));
    const said = scene.tell(5, { kind: "addresses", addresses: ["/dns4/new"] });
    assert.equal(said[0], "ann is alive");
    assert.match(said[1] ?? "", /^\* <- .*\["ann",2,\d+,0,\["\/dns4\/new"\]\]/u);
    assert.equal(scene.membership.self().incarnation, 2);
    assert.deepEqual(scene.membership.self().addresses, ["/dns4/new"]);
  });

  test("asks a stranger for its name, and tells the dead that they are", () => {
    const scene = new Scene(membershipOf("ann"));
    const message = { k: "hb", d: "0" } as const;
    assert.deepEqual(scene.tell(5, { kind: "message", from: "bob", message }), [
      'bob <- {"k":"want","i":["bob"]}',
    ]);
    const news = { k: "news", m: [statementOf(member("bob"))] } as const;
    scene.tell(6, { kind: "message", from: "bob", message: news });
    scene.run(7, 2500);
    assert.equal(scene.membership.members().get("bob")?.state, "dead");
    assert.deepEqual(scene.tell(2510, { kind: "message", from: "bob", message }), [
      'bob <- {"k":"news","m":[["bob",1,0,1,[]]]}',
    ]);
  });

  test("knows the mesh's time, and corrects its own birth by it", () => {
    const scene = new Scene(membershipOf("ann"));
    const dayMs = 86_400_000;
    const news = { k: "news", m: [statementOf(member("bob"))] } as const;
    scene.tell(1, { kind: "message", from: "bob", message: news });
    for (let ms = 10; ms < 8000; ms += 100) {
      const clock = { k: "hb", d: "0", w: wallMs + 400 * dayMs + ms, u: dayMs } as const;
      scene.tell(ms, { kind: "message", from: "bob", message: clock });
    }
    assert.equal(scene.membership.meshOffsetMs(at(8000)), 400 * dayMs);
    assert.equal(scene.membership.self().startedMs, wallMs + 400 * dayMs);
  });
});

test("trace: three machines meet, one dies, and comes back", (t) => {
  const wire = new Wire("ann", "bob", "cid");
  wire.run(1500);
  wire.down.add("cid");
  wire.run(2500);
  wire.down.delete("cid");
  wire.run(1500);
  t.assert.fileSnapshot(
    `${wire.log.join("\n")}\n`,
    `${import.meta.dirname}/testdata/death-and-return.txt`,
    { serializers: [String] },
  );
});
