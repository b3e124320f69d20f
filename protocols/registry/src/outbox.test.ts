import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { after, instantAt, type Now } from "@beemesh/base";
import { formatStamp, type PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { type Held, hold } from "./held.ts";
import { acknowledgeMsMax, batchBytesMax, deliveriesMax, packMs, resendMsMin } from "./limits.ts";
import { Outbox, type Parcel } from "./outbox.ts";

function at(ms: number): Now {
  return { at: after(instantAt(0), ms), wallMs: ms };
}

function heldOf(name: string, body = "{}", wallMs = 1): Held {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "me" });
  const key = { collection: "pods/default", name, part: "spec" } as const;
  return hold({ ...key, stamp, author: "me", body, signature: "s" });
}

describe("Outbox", () => {
  let effects: RegistryEffect[];
  let settled: [string, boolean][];
  let outbox: Outbox;

  beforeEach(() => {
    effects = [];
    settled = [];
    outbox = new Outbox({
      self: "me",
      emit: (effect) => effects.push(effect),
      settled: (held, isHeldWidely) => settled.push([held.entry.name, isHeldWidely]),
    });
  });

  function deliver(held: Held, change: Partial<Parcel> = {}): void {
    const keepers = ["me", "ann", "bob"];
    outbox.deliver({ held, keepers, others: [], wanted: 2, isOffer: false, ...change }, at(0));
    outbox.flush(at(packMs));
  }

  /** Who was sent which kind of message since this was last asked. */
  function sent(): string[] {
    const lines = effects.flatMap((effect) =>
      effect.kind === "send" ? [`${effect.message.k} ${effect.to}`] : [],
    );
    effects = effects.filter(({ kind }) => kind !== "send");
    return lines;
  }

  function acknowledge(peer: PeerId, held: Held): void {
    outbox.acknowledge(peer, [held.id], at(10));
  }

  test("sends at once to all, and again with growing pauses to who does not answer", () => {
    const held = heldOf("web");
    deliver(held);
    assert.deepEqual(sent(), ["r.put ann", "r.put bob"]);
    acknowledge("ann", held);
    const times: number[] = [];
    for (let ms = 0; ms < 20_000; ms += 100) {
      outbox.tick(at(ms));
      for (const line of sent()) {
        assert.equal(line, "r.put bob");
        times.push(ms);
      }
    }
    assert.deepEqual(times, [500, 1500, 3500, 7500, 15_500]);
    acknowledge("bob", held);
    assert.deepEqual(settled, [["web", true]]);
    assert.equal(outbox.size, 0);
    assert.equal(outbox.wakeAt, instantAt(acknowledgeMsMax) && undefined);
  });

  test("withdraws what is offered to machines that no longer keep it", () => {
    const [web, db] = [heldOf("web"), heldOf("db")];
    deliver(web, { isOffer: true });
    deliver(db);
    outbox.withdraw(["pods/other"]);
    assert(outbox.isUnderway(web));
    outbox.withdraw(["pods/default"]);
    assert(!outbox.isUnderway(web) && outbox.isUnderway(db), "a write is not an offer");
    assert.deepEqual(settled, [["web", false]]);
  });

  test("packs together what is written to a peer soon after", () => {
    const parcel = { keepers: ["ann"], others: [], wanted: 1, isOffer: false };
    for (const [index, ms] of [0, 1, 2].entries()) {
      outbox.deliver({ held: heldOf(`web-${index}`), ...parcel }, at(ms));
      outbox.flush(at(ms));
    }
    assert.deepEqual(sent(), ["r.put ann"]);
    assert.equal(outbox.wakeAt, at(packMs).at);
    outbox.flush(at(packMs));
    const [message] = effects.flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
    assert(message?.k === "r.put");
    assert.deepEqual(
      message.e.map(({ name }) => name),
      ["web-1", "web-2"],
    );
  });

  test("acknowledges once a majority of the keepers holds it, itself included", () => {
    const held = heldOf("web");
    deliver(held, { ticket: 7, others: ["cyd"] });
    acknowledge("cyd", held);
    assert(
      effects.every(({ kind }) => kind !== "acknowledged"),
      "it concerns cyd, who is no keeper",
    );
    acknowledge("ann", held);
    acknowledge("bob", held);
    const acknowledged = effects.filter(({ kind }) => kind === "acknowledged");
    assert.deepEqual(acknowledged, [{ kind: "acknowledged", ticket: 7, holders: 2, of: 3 }]);
  });

  test("says after a timeout how many hold it, and goes on", () => {
    const held = heldOf("web");
    deliver(held, { ticket: 7 });
    sent();
    outbox.tick(at(acknowledgeMsMax - 1));
    assert(effects.every(({ kind }) => kind !== "acknowledged"));
    outbox.tick(at(acknowledgeMsMax));
    assert.deepEqual(
      effects.filter(({ kind }) => kind === "acknowledged"),
      [{ kind: "acknowledged", ticket: 7, holders: 1, of: 3 }],
    );
    assert(outbox.isUnderway(held));
  });

  test("does not wait for the dead", () => {
    const held = heldOf("web");
    deliver(held, { ticket: 7 });
    outbox.setAlive(new Set(["me"]));
    assert.deepEqual(effects.at(-1), { kind: "acknowledged", ticket: 7, holders: 1, of: 3 });
    assert.deepEqual(settled, [["web", false]]);
    assert.equal(outbox.size, 0);
  });

  test("asks before it sends what others probably hold, and is content with enough", () => {
    const held = heldOf("web");
    deliver(held, { isOffer: true, keepers: ["ann", "bob", "cyd"] });
    assert.deepEqual(sent(), ["r.offer ann", "r.offer bob", "r.offer cyd"]);
    acknowledge("ann", held);
    assert.deepEqual(settled, []);
    acknowledge("bob", held);
    assert.deepEqual(settled, [["web", true]]);
  });

  test("does not send what was replaced before it went out", () => {
    const [first, second] = [heldOf("web", "{}", 1), heldOf("web", "{}", 2)];
    const parcel = { keepers: ["me", "ann"], others: [], wanted: 2, isOffer: false };
    outbox.deliver({ held: first, ...parcel }, at(0));
    outbox.replaced(first);
    outbox.deliver({ held: second, ...parcel }, at(0));
    outbox.flush(at(packMs));
    const entries = effects.flatMap((effect) =>
      effect.kind === "send" && effect.message.k === "r.put" ? effect.message.e : [],
    );
    assert.deepEqual(entries, [second.entry]);
  });

  test("sends no more than a batch again at a time, in turn", () => {
    const helds = Array.from({ length: 6 }, (_, index) =>
      heldOf(`web-${index}`, "x".repeat(batchBytesMax / 2.5)),
    );
    for (const held of helds) deliver(held, { keepers: ["me", "ann"] });
    sent();
    const again = new Set<string>();
    let ms = 0;
    for (let round = 0; round < 3; round += 1) {
      ms += resendMsMin * 2 ** round;
      outbox.tick(at(ms));
      for (const effect of effects) {
        if (effect.kind !== "send" || effect.message.k !== "r.put") continue;
        assert(effect.message.e.length <= 2);
        for (const { name } of effect.message.e) again.add(name);
      }
      effects = [];
    }
    assert.equal(again.size, 6);
  });

  test("keeps no more deliveries than its limit, and forgets the oldest", () => {
    const first = heldOf("first");
    deliver(first, { ticket: 1 });
    for (let index = 1; index <= deliveriesMax; index += 1) {
      const parcel = { keepers: ["ann"], others: [], wanted: 1, isOffer: false };
      outbox.deliver({ held: heldOf(`web-${index}`), ...parcel }, at(0));
    }
    assert.equal(outbox.size, deliveriesMax);
    assert(!outbox.isUnderway(first));
    assert(effects.some(({ kind }) => kind === "acknowledged"));
  });

  test("ignores acknowledgements of what it does not know", () => {
    outbox.acknowledge("eve", [1, 2, 3], at(0));
    const held = heldOf("web");
    deliver(held, { ticket: 3 });
    acknowledge("eve", held);
    acknowledge("ann", held);
    acknowledge("ann", held);
    assert.equal(effects.filter(({ kind }) => kind === "acknowledged").length, 1);
    assert.deepEqual(settled, []);
  });
});
