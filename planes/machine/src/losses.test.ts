import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import type { KubeObject, Pod } from "@beemesh/model";
import { Losses, type LossesEffect } from "./losses.ts";
import { podNamed } from "./shelf.test.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: ms });

function runningOn(nodeName: string, name: string, change: Partial<Pod> = {}): Pod {
  return { ...podNamed(name, { nodeName }), status: { phase: "Running" }, ...change };
}

const mine = runningOn("m1", "mine");

function lossesOf(
  pods: readonly KubeObject[],
  { dead = [], held = [] }: { dead?: readonly string[]; held?: readonly string[] } = {},
): Losses {
  const objects = { list: () => ({ items: [mine, ...pods], revision: "" }) };
  return new Losses({
    nodeName: "m1",
    objects,
    runner: { find: (uid) => (uid === "uid-mine" ? mine : undefined) },
    heldSinceMs: (uid) => (held.includes(uid) ? 1 : undefined),
    neighbourhood: {
      isAlive: (machine) => !dead.includes(machine),
      peerOf: (machine) => machine.replace("m", "p"),
      nameOf: (peer) => peer.replace("p", "m"),
    },
  });
}

const missed = (...uids: string[]) => ({ by: "uid-mine", uids });

function lines(effects: readonly LossesEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.kind === "send") return `send ${effect.to} ${JSON.stringify(effect.message)}`;
    if (effect.kind === "lost") return `lost ${effect.pod.metadata.uid}`;
    return effect.kind === "observe" ? `${effect.event} ${effect.facts["reason"] ?? ""}` : "wake";
  });
}

describe("Losses", () => {
  test("a replica on a dead machine is lost", () => {
    const losses = lossesOf([runningOn("m2", "a")], { dead: ["m2"] });
    assert.deepEqual(lines(losses.report(missed("uid-a"), at(0))), [
      "replica.confirmed-lost ",
      "lost uid-a",
    ]);
    assert.deepEqual(losses.tick(at(1)), []);
  });

  test("a replica on a machine that lives is asked for, and left alone if it runs", () => {
    const losses = lossesOf([runningOn("m2", "a")]);
    const ask = 'send p2 {"k":"c.ask","u":"uid-a"}';
    assert.deepEqual(lines(losses.report(missed("uid-a"), at(0))), [ask, "wake"]);
    assert.deepEqual(lines(losses.tick(at(1000))), [ask, "wake"]);
    const told = { k: "c.told", u: "uid-a", r: true } as const;
    assert.deepEqual(lines(losses.hear("p3", told, at(1001))), []);
    assert.deepEqual(lines(losses.hear("p2", told, at(1002))), ["replica.not-lost runs"]);
  });

  test("answers what another machine asks", () => {
    const losses = lossesOf([], { held: ["uid-mine"] });
    assert.deepEqual(lines(losses.hear("p2", { k: "c.ask", u: "uid-mine" }, at(0))), [
      'send p2 {"k":"c.told","u":"uid-mine","r":true}',
    ]);
    assert.deepEqual(lines(losses.hear("p2", { k: "c.ask", u: "uid-a" }, at(0))), [
      'send p2 {"k":"c.told","u":"uid-a","r":false}',
    ]);
  });

  const { metadata } = runningOn("m2", "a");
  for (const [what, pod] of [
    [
      "of another workload",
      { ...runningOn("m2", "a"), metadata: { ...metadata, ownerReferences: [] } },
    ],
    ["that has not come to run", runningOn("m2", "a", { status: { phase: "Pending" } })],
    ["that waits for a machine", { ...podNamed("a"), status: { phase: "Running" } }],
    [
      "that is ending",
      { ...runningOn("m2", "a"), metadata: { ...metadata, deletionTimestamp: "now" } },
    ],
  ] as const)
    test(`nothing comes of a pod ${what}`, () => {
      const losses = lossesOf([pod], { dead: ["m2"] });
      assert.deepEqual(losses.report(missed("uid-a"), at(0)), []);
    });

  test("nothing comes of what a stranger, or a pod about itself, says", () => {
    const losses = lossesOf([runningOn("m2", "a")], { dead: ["m2", "m1"] });
    const by = "uid-other";
    assert.deepEqual(lines(losses.report({ by, uids: ["uid-a"] }, at(0))), ["replica.stranger "]);
    assert.deepEqual(losses.report(missed("uid-mine", "uid-unknown"), at(0)), []);
  });
});
