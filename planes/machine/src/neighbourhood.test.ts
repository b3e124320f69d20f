import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now, seededRandom } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { greetingMs } from "./directory.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import { nodeMarks } from "./node.ts";
import { factsOf } from "./village.test.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: 1_800_000_000_000 + ms });

function nodeOf(peer: string): KubeObject {
  const annotations = { [nodeMarks.peer]: peer, [nodeMarks.addresses]: "/ip4/10.0.0.9/tcp/1" };
  return { apiVersion: "v1", kind: "Node", metadata: { name: `m-${peer}`, annotations } };
}

function neighbourhoodOf(...nodes: readonly KubeObject[]): Neighbourhood {
  return bootedWith(nodes, nodes.length > 0);
}

function bootedWith(nodes: readonly KubeObject[], hasMet: boolean): Neighbourhood {
  const random = seededRandom(1);
  const facts = factsOf("p1");
  const made = new Neighbourhood({ facts, incarnation: 1, random, now: at(0), nodes, hasMet });
  made.step({ kind: "start" }, at(0));
  return made;
}

/** A peer introduces itself as alive. */
function introduce(neighbourhood: Neighbourhood, peer: string, ms: number): string[] {
  const statement = [peer, 5, 1_700_000_000_000, 0, []] as const;
  const message = { k: "news", m: [statement] } as const;
  neighbourhood.step({ kind: "connected", peer }, at(ms));
  return neighbourhood
    .step({ kind: "message", from: peer, message }, at(ms))
    .map((effect) => (effect.kind === "observe" ? effect.event : effect.kind));
}

describe("Neighbourhood", () => {
  test("tells that a machine is there, and that it is time to look, once", () => {
    const neighbourhood = neighbourhoodOf();
    assert(introduce(neighbourhood, "p2", 10).includes("machine.alive"));
    assert.equal(neighbourhood.regard(at(20)), "now");
    assert.equal(neighbourhood.regard(at(30)), undefined);
    assert.deepEqual(
      neighbourhood
        .alive()
        .map(({ id }) => id)
        .toSorted(),
      ["p1", "p2"],
    );
  });

  test("dials the machines of an earlier life, and holds them alive only for a while", () => {
    const neighbourhood = neighbourhoodOf(nodeOf("p2"));
    assert.equal(neighbourhood.peerOf("m-p2"), "p2");
    assert(neighbourhood.isAlive("m-p2"));
    assert(!neighbourhood.mayAct);
    assert.equal(neighbourhood.regard(at(greetingMs)), "now");
    assert(!neighbourhood.isAlive("m-p2"));
    assert(neighbourhood.mayAct);
  });

  test("waits before it acts, if an earlier life has met others whom it does not know", () => {
    assert(bootedWith([], false).mayAct, "the first machine of a mesh");
    const neighbourhood = bootedWith([], true);
    assert(!neighbourhood.mayAct);
    assert.equal(neighbourhood.regard(at(greetingMs)), "now");
    assert(neighbourhood.mayAct);
  });

  test("is not the first of a mesh once it has met somebody, though nobody is known yet", () => {
    const connected = bootedWith([], false);
    connected.step({ kind: "connected", peer: "p2" }, at(10));
    assert(!connected.mayAct, "connected, and the first news of the peer was lost");
    assert.equal(connected.alive().length, 1);
    assert.equal(connected.regard(at(greetingMs)), "now");
    assert(connected.mayAct);

    const told = bootedWith([], false);
    told.learn(nodeOf("p2"), false);
    assert(!told.mayAct, "a record of another machine came before its greeting");
  });

  test("says that a machine that left is gone", () => {
    const neighbourhood = neighbourhoodOf();
    introduce(neighbourhood, "p2", 10);
    const goodbye = { k: "news", m: [["p2", 5, 1_700_000_000_000, 2, []]] } as const;
    const effects = neighbourhood.step({ kind: "message", from: "p2", message: goodbye }, at(20));
    assert(effects.some((effect) => effect.kind === "gone" && effect.peer === "p2"));
  });

  test("has a machine dialled whose record it sees for the first time", () => {
    const neighbourhood = neighbourhoodOf();
    const [effect] = neighbourhood.learn(nodeOf("p3"), false);
    assert.deepEqual(effect, { kind: "remember", peer: "p3", addresses: ["/ip4/10.0.0.9/tcp/1"] });
  });
});
