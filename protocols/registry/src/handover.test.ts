/** Who keeps a collection changes with the members; what is written must outlive that. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rendezvous } from "@beemesh/base";
import { type Entry, isJsonObject, type PeerId, parseJson } from "@beemesh/wire";
import { LossyNetwork } from "./lossy-network.test.ts";

const names = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"];
const collection = "pods/default";
const minuteMs = 60_000;

/** The machine that a pod is bound to, from the one member that these tests write. */
function boundTo(entry: Entry): readonly PeerId[] {
  const body = parseJson(entry.body);
  const machine = isJsonObject(body) ? body["on"] : undefined;
  return typeof machine === "string" ? [machine] : [];
}

function meshOf(seed = 1): LossyNetwork {
  return new LossyNetwork({ seed, names, replicas: 3, interested: boundTo });
}

function holdersOf(network: LossyNetwork): PeerId[] {
  return names.filter((name) => network.contents(name).size > 0);
}

/** Who keeps the collection, who will when they are gone, and one who never does. */
function generations(network: LossyNetwork): {
  readonly before: readonly PeerId[];
  readonly after: readonly PeerId[];
  readonly bound: PeerId;
} {
  const before = network.registry("ann").keepersOf(collection);
  const left = names.filter((name) => !before.includes(name));
  const after = rendezvous(collection, left).slice(0, before.length);
  return { before, after, bound: left.find((name) => !after.includes(name)) ?? "" };
}

/** Those who are left share other things, which they keep before and after. */
function shareAnother(network: LossyNetwork, before: readonly PeerId[]): void {
  for (let index = 0; index < 200; index += 1) {
    const [writer = "", ...rest] = network.registry("ann").keepersOf(`any/ns-${index}`);
    if ([writer, ...rest].some((keeper) => before.includes(keeper))) continue;
    network.write(writer, `any/ns-${index}:x`, "{}");
  }
}

function sorted(peers: readonly PeerId[]): PeerId[] {
  return peers.toSorted();
}

describe("keepers", () => {
  test("hold what a machine wrote that is none, and the writer lets go of it", () => {
    const network = meshOf();
    const keepers = network.registry("ann").keepersOf(collection);
    const writer = names.find((name) => !keepers.includes(name)) ?? "";
    network.write(writer, `${collection}:web`, "{}", 1);
    assert(network.contents(writer).size === 1, "a writer reads its own write");
    network.run(100);
    assert.deepEqual(sorted(holdersOf(network)), sorted(keepers));
    const { done } = network.machine(writer);
    assert.deepEqual(
      done.filter(({ kind }) => kind === "acknowledged"),
      [{ kind: "acknowledged", ticket: 1, holders: 2, of: 3 }],
    );
  });

  test("follow the members: new ones fill up, old ones keep it until then", () => {
    const network = meshOf();
    const before = network.registry("ann").keepersOf(collection);
    for (let index = 0; index < 300; index += 1) {
      network.write(before[0] ?? "", `${collection}:web-${index}`, "{}");
    }
    network.run(1000);
    const alive = names.filter((name) => !before.slice(0, 2).includes(name));
    network.partition(alive);
    network.run(minuteMs);
    const between = network.registry(alive[0] ?? "").keepersOf(collection);
    assert.deepEqual(sorted(holdersOf(network)), sorted([...new Set([...before, ...between])]));
    for (const keeper of between) assert.equal(network.contents(keeper).size, 300);
    network.heal();
    network.run(2 * minuteMs);
    assert.deepEqual(sorted(holdersOf(network)), sorted(before));
    for (const keeper of before) assert.equal(network.contents(keeper).size, 300);
  });

  test("are not left before they hold what an old keeper has", () => {
    const network = meshOf();
    const before = network.registry("ann").keepersOf(collection);
    const last = before[2] ?? "";
    // Only one old keeper lives on, and it holds a write that the new ones cannot know.
    network.write(last, `${collection}:web`, "{}");
    network.partition(
      names.filter((name) => !before.includes(name)),
      [last],
    );
    network.run(minuteMs);
    assert.equal(network.contents(last).size, 1);
    network.partition(names.filter((name) => name === last || !before.includes(name)));
    network.run(2 * minuteMs);
    const after = network.registry(last).keepersOf(collection);
    assert.deepEqual(sorted(holdersOf(network)), sorted(after));
  });

  test("that are all new do not take what they lack for missing", () => {
    const network = meshOf();
    const { before, after, bound } = generations(network);
    network.write(before[0] ?? "", `${collection}:web`, JSON.stringify({ on: bound }));
    shareAnother(network, before);
    network.run(minuteMs);
    network.partition(names.filter((name) => !before.includes(name)));
    for (let ms = 0; ms < 10_000; ms += 10) {
      network.run(10);
      for (const keeper of after) {
        const isSettled = network.registry(keeper).coverageOf(collection) === "kept";
        const has = network.registry(keeper).get(collection, "web", "spec") !== undefined;
        assert(has || !isSettled, `${keeper} knows of the pod before it acts, at ${ms} ms`);
      }
    }
    for (const keeper of after) {
      assert.equal(network.registry(keeper).coverageOf(collection), "kept");
    }
  });

  test("hear of a pod from its machine soon, though it shares other things with them", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const network = meshOf(seed);
      const { before, after, bound } = generations(network);
      network.write(before[0] ?? "", `${collection}:web`, JSON.stringify({ on: bound }));
      shareAnother(network, before);
      network.run(minuteMs + seed * 1000);
      network.partition(names.filter((name) => !before.includes(name)));
      network.run(2000);
      for (const keeper of after) {
        assert(network.registry(keeper).get(collection, "web", "spec"), `${keeper} has the pod`);
      }
    }
  });

  test("the last survivor keeps, lists and writes everything it held", () => {
    const network = meshOf();
    const [survivor = ""] = network.registry("ann").keepersOf(collection);
    network.write(survivor, `${collection}:web`, "{}");
    network.run(1000);
    network.partition([survivor]);
    network.write(survivor, `${collection}:more`, "{}", 9);
    assert.deepEqual(network.machine(survivor).done.at(-1), {
      kind: "acknowledged",
      ticket: 9,
      holders: 1,
      of: 1,
    });
    assert.equal(network.contents(survivor).size, 2);
  });
});

describe("interest", () => {
  /** A machine that keeps no pods, and one that does. */
  function roles(network: LossyNetwork): { bound: PeerId; other: PeerId; keeper: PeerId } {
    const keepers = network.registry("ann").keepersOf(collection);
    const [bound = "", other = ""] = names.filter((name) => !keepers.includes(name));
    return { bound, other, keeper: keepers[0] ?? "" };
  }

  test("brings a pod to the machine that it is bound to, and keeps it there", () => {
    const network = meshOf();
    const { bound, keeper } = roles(network);
    network.write(keeper, `${collection}:free`, "{}");
    network.write(keeper, `${collection}:web`, JSON.stringify({ on: bound }));
    network.run(5 * minuteMs);
    assert.deepEqual(
      [...network.contents(bound).values()].map(({ name }) => name),
      ["web"],
    );
  });

  test("keeps the status of such a pod as well, while the pod is there", () => {
    const network = meshOf();
    const { bound, keeper } = roles(network);
    network.write(keeper, `${collection}:web`, JSON.stringify({ on: bound }));
    network.run(1000);
    const key = { collection, name: "web", part: "status:u1" } as const;
    network.step(bound, { kind: "write", ...key, body: '{"status":{}}' });
    network.run(3 * minuteMs);
    assert.equal(network.contents(bound).size, 2);
    assert.equal(network.contents(keeper).size, 2);
    network.write(keeper, `${collection}:web`, "");
    network.run(3 * minuteMs);
    assert.equal(network.contents(bound).size, 0);
  });

  test("tells the old machine when the pod moves or is deleted, and it lets go", () => {
    const network = meshOf();
    const { bound, other, keeper } = roles(network);
    network.write(keeper, `${collection}:web`, JSON.stringify({ on: bound }));
    network.run(1000);
    network.write(keeper, `${collection}:web`, JSON.stringify({ on: other }));
    network.run(10);
    assert(network.registry(bound).get(collection, "web", "spec")?.body.includes(other));
    network.run(2 * minuteMs);
    assert.equal(network.contents(bound).size, 0);
    network.write(keeper, `${collection}:web`, "");
    network.run(10);
    assert.equal(network.registry(other).get(collection, "web", "spec")?.body, "");
    network.run(2 * minuteMs);
    assert.equal(network.contents(other).size, 0);
  });

  test("reaches a machine that was away, for new pods, moved and deleted ones", () => {
    const network = meshOf();
    const { bound, other, keeper } = roles(network);
    const here = JSON.stringify({ on: bound });
    for (const name of ["stays", "moves", "goes"]) {
      network.write(keeper, `${collection}:${name}`, here);
    }
    network.run(1000);
    network.partition(names.filter((name) => name !== bound));
    network.write(keeper, `${collection}:moves`, JSON.stringify({ on: other }));
    network.write(keeper, `${collection}:goes`, "");
    network.write(keeper, `${collection}:comes`, here);
    network.run(minuteMs);
    network.heal();
    network.run(5000);
    const bodyOf = (name: string): string | undefined =>
      network.registry(bound).get(collection, name, "spec")?.body;
    assert.equal(bodyOf("stays"), here);
    assert.equal(bodyOf("comes"), here);
    assert(bodyOf("moves") !== here);
    assert(bodyOf("goes") !== here);
    network.run(3 * minuteMs);
    assert.deepEqual(sorted([...network.contents(bound).values()].map(({ name }) => name)), [
      "comes",
      "stays",
    ]);
    const changed = network
      .machine(bound)
      .done.flatMap((effect) => (effect.kind === "changed" ? [effect.entry] : []));
    assert(changed.some(({ name, body }) => name === "goes" && body === ""));
    assert(changed.some(({ name, body }) => name === "moves" && body.includes(other)));
  });
});
