import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Connections } from "./connections.ts";
import { type Happening, HappeningPool, type Plan } from "./happening.ts";
import { machineOf } from "./machine.test.ts";
import type { SimulatedMachine } from "./machine.ts";
import { Network, type NetworkOptions, networkDefaults } from "./network.ts";
import { Post } from "./post.ts";

function scene(options: Partial<NetworkOptions> = {}) {
  const [ann, bob, cid] = [machineOf("ann"), machineOf("bob"), machineOf("cid")];
  const machines = new Map<string, SimulatedMachine>([
    ["ann", ann],
    ["bob", bob],
    ["cid", cid],
  ]);
  const network = new Network(seededRandom(1), { ...networkDefaults, ...options });
  const arrivals: Happening[] = [];
  const plan: Plan = (kind, _afterMs, part) => {
    if (kind === "arrival") arrivals.push(Object.assign(new HappeningPool().take(kind), part));
  };
  const random = seededRandom(2);
  const connections = new Connections({ network, random, nowMs: () => 0, plan });
  const post = new Post({ network, connections, machines, nowMs: () => 0, plan });
  return { ann, bob, cid, network, connections, post, arrivals };
}

describe("Post", () => {
  test("a message arrives over an open connection only", () => {
    const { ann, bob, connections, post, arrivals } = scene();
    post.send(ann, "bob", { hello: 1 });
    const [arrival] = arrivals;
    assert(arrival);
    assert.equal(post.receive(arrival, bob), undefined);
    connections.open(connections.dial(ann, bob));
    assert.deepEqual(post.receive(arrival, bob), {
      kind: "message",
      from: "ann",
      message: { hello: 1 },
    });
    assert.equal(bob.traffic.receivedBytes, '{"hello":1}'.length);
  });

  test("what is sent to nobody, or to oneself, is sent all the same", () => {
    const { ann, post, arrivals } = scene();
    post.send(ann, "zoe", 1);
    post.send(ann, "ann", 1);
    assert.deepEqual(arrivals, []);
    assert.equal(ann.traffic.sentMessages, 2);
  });

  test("what is cut or lost does not arrive, what is doubled arrives twice", () => {
    const lossy = scene({ lossPerMille: 1000 });
    lossy.post.send(lossy.ann, "bob", 1);
    assert.equal(lossy.arrivals.length, 0);
    const double = scene({ duplicatePerMille: 1000 });
    double.post.send(double.ann, "bob", 1);
    assert.equal(double.arrivals.length, 2);
    double.connections.open(double.connections.dial(double.ann, double.bob));
    double.network.cut("c", [double.ann], [double.bob]);
    const [arrival] = double.arrivals;
    assert(arrival && double.post.receive(arrival, double.bob) === undefined);
  });

  test("what is published arrives at those who still listen", () => {
    const { ann, bob, cid, post, arrivals, network } = scene();
    for (const machine of [ann, bob, cid]) post.subscribe(machine, "t");
    post.publish(ann, "t", "news");
    assert.deepEqual(
      arrivals.map(({ machine }) => machine?.id),
      ["bob", "cid"],
    );
    post.unsubscribe(cid, "t");
    const [toBob, toCid] = arrivals;
    assert(toBob && toCid);
    assert.equal(post.receive(toBob, bob)?.kind, "broadcast");
    assert.equal(post.receive(toCid, cid), undefined);
    network.cut("c", [ann], [bob]);
    post.publish(ann, "t", "more");
    post.publish(ann, "nobody's", "more");
    assert.equal(arrivals.length, 2);
  });
});
