import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, hashOf, instantAt, type Now, seededRandom } from "@beemesh/base";
import { boundAtMs } from "@beemesh/controllers";
import type { Pod } from "@beemesh/model";
import type { Signer, Verifier } from "@beemesh/ports";
import { type Entry, formatStamp, type PeerId } from "@beemesh/wire";
import { nodeMarks } from "./node.ts";
import { offerOf } from "./offer.ts";
import {
  bindPod,
  interestedIn,
  machineAnnotation,
  Placement,
  type PlacementEffect,
  type ScheduleWish,
  together,
} from "./placement.ts";
import { facts, podNamed } from "./shelf.test.ts";

const sign = (text: string, peer: PeerId): string =>
  hashOf(text, hashOf(peer)).toString(36).padEnd(86, "A");
const signerOf = (id: PeerId): Signer => ({ id, sign: (text) => sign(text, id) });
const verifier: Verifier = {
  verify: (text, signature, author) => signature === sign(text, author),
  mayAuthor: () => true,
};

const start: Now = { at: instantAt(0), wallMs: Date.UTC(2026, 10, 20) };
const later = (ms: number): Now => ({ at: after(start.at, ms), wallMs: start.wallMs + ms });

/** Who is alive on the stage of a test. */
const alive = new Set<PeerId>();

function placementOf(self: PeerId, isCordoned = false): Placement {
  const health = { runtime: isCordoned ? "gone" : "", disk: "", clock: "" };
  const own = { ...facts, peer: self, name: `m-${self}` };
  const offer = { facts: own, health, node: undefined, pods: [], uptimeMs: 0 };
  const random = seededRandom(1);
  return new Placement({
    self,
    signer: signerOf(self),
    verifier,
    random,
    offer: () => offerOf(offer),
    alive: () => [...alive],
    handlerOf: ({ spec }) => spec.runtimeClassName,
    mayPreempt: ({ spec }) => (spec.priority ?? 0) > 0,
    proofOf: () => [owner],
  });
}

const owner: Entry = {
  collection: "replicasets.apps/shop",
  name: "web",
  part: "spec",
  stamp: formatStamp({ wallMs: 1, counter: 0, machine: "p1" }),
  author: "p1",
  body: "{}",
  signature: "s",
};

/** Machines that hear each other at once; gives what came of a wish within so many milliseconds. */
function play(
  machines: ReadonlyMap<PeerId, Placement>,
  author: PeerId,
  pods: readonly Pod[],
): PlacementEffect[] {
  const outcome: PlacementEffect[] = [];
  const perform = (from: PeerId, effects: readonly PlacementEffect[], now: Now): void => {
    for (const effect of effects) {
      if (effect.kind === "send") {
        const to = machines.get(effect.to);
        if (to) perform(effect.to, to.receive(from, effect.message, now), now);
      } else if (effect.kind === "publish") {
        const others = [...machines].filter(([peer]) => peer !== from);
        for (const [peer, other] of others) {
          perform(peer, other.receive(from, effect.task, now), now);
        }
      } else if (effect.kind !== "wake" && effect.kind !== "observe") outcome.push(effect);
    }
  };
  const placement = machines.get(author);
  assert(placement, `${author} is there`);
  const wish = { kind: "schedule", task: "t1", pods, workload: "shop/web", reason: "new" } as const;
  alive.clear();
  for (const peer of machines.keys()) alive.add(peer);
  perform(author, placement.schedule(wish, start), start);
  for (let ms = 10; ms <= 5000; ms += 10) {
    for (const [peer, each] of machines) perform(peer, each.tick(later(ms)), later(ms));
  }
  return outcome;
}

const placedOn = (effects: readonly PlacementEffect[]): string[] =>
  effects
    .flatMap((effect) =>
      effect.kind === "placed" ? [`${effect.pod.metadata.name} on ${effect.peer}`] : [],
    )
    .toSorted();

describe("Placement", () => {
  test("a machine alone gives the pod to itself, and sends nothing", () => {
    const outcome = play(new Map([["p1", placementOf("p1")]]), "p1", [podNamed("a")]);
    assert.deepEqual(placedOn(outcome), ["a on p1"]);
  });

  test("another machine is given what proves that the pod may run, its own is not", () => {
    const cordoned = new Map([
      ["p1", placementOf("p1", true)],
      ["p2", placementOf("p2")],
    ]);
    const outcome = play(cordoned, "p1", [podNamed("a")]);
    assert.deepEqual(placedOn(outcome), ["a on p2"]);
    assert.deepEqual(
      outcome.filter(({ kind }) => kind === "proven"),
      [{ kind: "proven", from: "p1", entries: [owner] }],
    );
    const alone = play(new Map([["p1", placementOf("p1")]]), "p1", [podNamed("a")]);
    assert(!alone.some(({ kind }) => kind === "proven"));
  });

  test("pods of one workload are spread over the machines", () => {
    const machines = new Map(["p1", "p2", "p3"].map((peer) => [peer, placementOf(peer)]));
    const outcome = play(
      machines,
      "p2",
      ["a", "b", "c"].map((name) => podNamed(name)),
    );
    const peers = placedOn(outcome).map((line) => line.split(" ").at(-1));
    assert.deepEqual(new Set(peers), new Set(["p1", "p2", "p3"]));
    assert(!outcome.some(({ kind }) => kind === "penalize"));
  });

  test("a pod of a class goes only where its handler is", () => {
    const classed = (runtimeClassName: string): Pod => {
      const pod = podNamed("a");
      return { ...pod, spec: { ...pod.spec, runtimeClassName } };
    };
    const played = (name: string) =>
      play(new Map([["p1", placementOf("p1")]]), "p1", [classed(name)]);
    assert.deepEqual(placedOn(played("runc")), ["a on p1"]);
    const told = played("kata").filter((effect) => effect.kind === "unplaced");
    assert.match(told[0]?.message ?? "", /1 node\(s\) didn't have the runtime handler "kata"/u);
  });

  test("a pod that fits nowhere is told with the reasons", () => {
    const machines = new Map(["p1", "p2"].map((peer) => [peer, placementOf(peer, true)]));
    const outcome = play(machines, "p1", [podNamed("a")]);
    const told = outcome.filter((effect) => effect.kind === "unplaced");
    assert.equal(told[0]?.uid, "uid-a");
    assert.match(told[0].message, /0\/2 nodes are available.*unschedulable/u);
    assert.deepEqual(placedOn(outcome), []);
  });

  test("pods of different needs are asked for apart", () => {
    const large = podNamed("large", {
      containers: [{ name: "web", image: "x", resources: { requests: { cpu: "1" } } }],
    });
    const alone = placementOf("p1");
    const wish: ScheduleWish = {
      kind: "schedule",
      task: "t1",
      pods: [podNamed("a"), large, podNamed("b")],
      workload: "shop/web",
      reason: "new",
    };
    const tasks = alone
      .schedule(wish, start)
      .flatMap((effect) => (effect.kind === "publish" ? [effect.task] : []));
    assert.deepEqual(
      tasks.map(({ id, count }) => [id, count]),
      [
        ["t1", 2],
        ["t1-1", 1],
      ],
    );
  });

  test("a task with a forged signature is answered by nobody", () => {
    const author = placementOf("p1");
    const wish = { task: "t", pods: [podNamed("a")], workload: "w", reason: "new" } as const;
    const effects = author.schedule({ kind: "schedule", ...wish }, start);
    const published = effects.find((effect) => effect.kind === "publish");
    assert(published, "a task is published");
    const forged = { ...published.task, count: 200 };
    const answers = placementOf("p2").receive("p1", forged, later(1));
    assert(!answers.some(({ kind }) => kind === "send"));
    assert(answers.some(({ kind }) => kind === "penalize"));
  });
});

test("wishes of one workload and reason become one task", () => {
  const wish = (task: string, workload: string, name: string): ScheduleWish => ({
    kind: "schedule",
    task,
    workload,
    reason: "new",
    pods: [podNamed(name)],
  });
  const joined = together([wish("1", "w", "a"), wish("2", "v", "b"), wish("3", "w", "c")]);
  assert.deepEqual(
    joined.map(({ task, pods }) => [task, pods.map(({ metadata }) => metadata.name)]),
    [
      ["1", ["a", "c"]],
      ["2", ["b"]],
    ],
  );
});

test("a Node concerns the machine that it is of, which keeps what users write into it", () => {
  const node = { metadata: { name: "m2", annotations: { [nodeMarks.peer]: "p2" } } };
  const body = JSON.stringify(node);
  assert.deepEqual(interestedIn({ ...owner, collection: "nodes/-", name: "m2", body }), ["p2"]);
});

test("a bound pod's record names its machine, and concerns it", () => {
  const award = { wallMs: 5000, author: "p1" };
  const bound = bindPod(podNamed("web"), { name: "m2", peer: "p2" }, award);
  assert.equal(bound.spec.nodeName, "m2");
  assert.equal(boundAtMs(bound.metadata), 5000);
  const entryOf = (body: unknown, change: Partial<Entry> = {}): Entry => ({
    collection: "pods/shop",
    name: "web",
    part: "spec",
    stamp: formatStamp({ wallMs: 1, counter: 0, machine: "p1" }),
    author: "p1",
    body: JSON.stringify(body),
    signature: "s",
    ...change,
  });
  assert.deepEqual(interestedIn(entryOf(bound)), ["p2"]);
  assert.deepEqual(interestedIn(entryOf(podNamed("web"))), []);
  assert.deepEqual(interestedIn(entryOf(bound, { part: "status:u" })), []);
  assert.deepEqual(interestedIn(entryOf(bound, { collection: "services/shop" })), []);
  assert.deepEqual(interestedIn(entryOf({ note: machineAnnotation })), []);
  assert.deepEqual(interestedIn(entryOf(bound, { body: `{"${machineAnnotation}` })), []);
});
