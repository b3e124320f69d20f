import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Connections, type Surroundings } from "./connections.ts";
import { machineOf } from "./machine.test.ts";
import { Network, type NetworkOptions, networkDefaults } from "./network.ts";
import { Streams } from "./streams.ts";

/** Two machines with an open connection, and what bob hears. */
function scene(options: Partial<NetworkOptions> = {}) {
  const [ann, bob] = [machineOf("ann"), machineOf("bob")];
  const network = new Network(seededRandom(1), { ...networkDefaults, ...options });
  const actions: { readonly atMs: number; readonly action: () => void }[] = [];
  const heard: unknown[] = [];
  let nowMs = 0;
  const surroundings: Surroundings = {
    network,
    random: seededRandom(2),
    nowMs: () => nowMs,
    plan: (_kind, afterMs, { action, event }) => {
      if (action !== undefined) actions.push({ atMs: nowMs + afterMs, action });
      if (event?.kind === "link" && event.event.kind === "message") {
        heard.push(event.event.message);
      }
    },
  };
  const connections = new Connections(surroundings);
  const machines = new Map([ann, bob].map((machine) => [machine.id, machine]));
  const streams = new Streams({ ...surroundings, connections, machines });
  const link = connections.dial(ann, bob);
  connections.open(link);
  const run = (untilMs: number): void => {
    for (;;) {
      actions.sort((a, b) => a.atMs - b.atMs);
      const [next] = actions;
      if (next === undefined || next.atMs > untilMs) break;
      actions.shift();
      nowMs = next.atMs;
      next.action();
    }
    nowMs = untilMs;
  };
  return { ann, bob, network, streams, link, heard, run };
}

describe("Streams", () => {
  test("bring everything once and in its order over a bad network", () => {
    const { ann, bob, streams, heard, run } = scene({
      lossPerMille: 400,
      duplicatePerMille: 400,
      reorderPerMille: 400,
    });
    const sent = Array.from({ length: 50 }, (_, number) => number);
    for (const number of sent) streams.send(ann, "bob", number);
    run(60_000);
    assert.deepEqual(heard, sent);
    assert.equal(ann.traffic.sentMessages, bob.traffic.receivedMessages);
  });

  test("bring what a cut has held up when it is over", () => {
    const { ann, bob, network, streams, heard, run } = scene();
    network.cut("cut", [ann], [bob]);
    streams.send(ann, "bob", 1);
    streams.send(ann, "bob", 2);
    run(5000);
    assert.deepEqual(heard, []);
    network.heal("cut", [ann, bob]);
    run(6000);
    assert.deepEqual(heard, [1, 2]);
  });

  test("bring nothing over a connection that is gone, to nobody or to oneself", () => {
    const { ann, bob, streams, link, heard, run } = scene();
    streams.send(ann, "bob", 1);
    ann.links.delete(bob);
    streams.send(ann, "zoe", 2);
    streams.send(ann, "ann", 3);
    link.isDead = true;
    run(1000);
    assert.deepEqual(heard, []);
  });
});
