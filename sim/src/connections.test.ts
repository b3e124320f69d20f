import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Connections } from "./connections.ts";
import type { Happening } from "./happening.ts";
import { machineOf } from "./machine.test.ts";
import type { SimulatedMachine } from "./machine.ts";
import { Network, networkDefaults } from "./network.ts";

interface Planned extends Partial<Happening> {
  readonly what: string;
  readonly afterMs: number;
}

function scene(): {
  connections: Connections;
  network: Network;
  planned: () => Planned[];
  machines: readonly [SimulatedMachine, SimulatedMachine];
} {
  const network = new Network(seededRandom(1), networkDefaults);
  let plans: Planned[] = [];
  const connections = new Connections({
    network,
    random: seededRandom(2),
    nowMs: () => 0,
    plan: (kind, afterMs, part) => {
      const told = part.event?.kind === "link" ? ` ${part.event.event.kind}` : "";
      plans.push({ ...part, what: `${part.machine?.id ?? ""} ${kind}${told}`.trim(), afterMs });
    },
  });
  const planned = (): Planned[] => {
    const before = plans;
    plans = [];
    return before;
  };
  return { connections, network, planned, machines: [machineOf("ann"), machineOf("bob")] };
}

function whats(plans: readonly Planned[]): string[] {
  return plans.map(({ what }) => what);
}

describe("Connections", () => {
  test("two machines have one connection, whoever dials and however often", () => {
    const { connections, planned, machines } = scene();
    const [ann, bob] = machines;
    const link = connections.dial(ann, bob);
    assert.equal(connections.dial(bob, ann), link);
    assert.deepEqual(whats(planned()), ["handshake"]);
    connections.open(link);
    assert(link.isOpen);
    assert.deepEqual(whats(planned()), ["ann event connected", "bob event connected"]);
  });

  test("a handshake with a dead machine fails, and is tried again if it is remembered", () => {
    const { connections, planned, machines } = scene();
    const [ann, bob] = machines;
    bob.node = undefined;
    connections.remember(ann, bob);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const [{ link } = {}] = planned();
      assert(link);
      connections.open(link);
      const [dial] = planned();
      assert.equal(dial?.what, "ann dial");
      pauses.push(dial?.afterMs ?? 0);
      connections.redial(ann, bob);
    }
    assert((pauses[0] ?? 0) <= networkDefaults.redialMsMin);
    assert((pauses.at(-1) ?? 0) >= networkDefaults.redialMsMax / 2);
    assert(pauses.every((ms) => ms <= networkDefaults.redialMsMax));
  });

  test("who is not remembered is not dialled again", () => {
    const { connections, planned, machines } = scene();
    const [ann, bob] = machines;
    connections.redial(ann, bob);
    assert.deepEqual(planned(), []);
  });

  test("an end with a word is heard at once, one in silence only after a time-out", () => {
    for (const silently of [false, true]) {
      const { connections, planned, machines } = scene();
      const [ann, bob] = machines;
      const link = connections.dial(ann, bob);
      connections.open(link);
      planned();
      bob.node = undefined;
      connections.end(bob, { silently });
      const plans = planned();
      assert.deepEqual(whats(plans), silently ? ["timeout"] : ["ann event disconnected"]);
      if (!silently) continue;
      assert.equal(plans[0]?.afterMs, networkDefaults.connectionTimeoutMs);
      connections.expire(link);
      assert.deepEqual(whats(planned()), ["ann event disconnected"]);
    }
  });

  test("a connection that was cut survives if the cut heals before it is noticed", () => {
    const { connections, network, planned, machines } = scene();
    const [ann, bob] = machines;
    const link = connections.dial(ann, bob);
    connections.open(link);
    planned();
    network.cut("c", [ann], [bob]);
    connections.expireCut([ann]);
    assert.deepEqual(whats(planned()), ["timeout"]);
    network.heal("c", machines);
    connections.expire(link);
    assert.deepEqual(planned(), []);
    network.cut("c", [ann], [bob]);
    connections.expire(link);
    assert.deepEqual(whats(planned()), ["ann event disconnected", "bob event disconnected"]);
    assert.equal(ann.links.size, 0);
  });
});
