/** What both sides of a cut have written in different fields is there afterwards, everywhere. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PeerId, Stamp } from "@beemesh/wire";
import { LossyNetwork, type NetworkOptions, noFaults } from "./lossy-network.test.ts";
import { anyKind, collection, type Data, dataOf, reunionsOf, setKeys } from "./test-map.test.ts";

const five = ["ann", "bob", "cyd", "dan", "eve"];
const minuteMs = 60_000;
const seeds = 60;

function networkOf(options: Partial<NetworkOptions> = {}): LossyNetwork {
  return new LossyNetwork({ seed: 1, names: five, reunions: reunionsOf(), ...options });
}

function allOf(network: LossyNetwork, name: string): readonly (Data | undefined)[] {
  return [...network.machines.values()].map(({ registry }) => dataOf(registry, name));
}

describe("after a cut", () => {
  test("all machines hold what each side has written in other fields", () => {
    const network = networkOf();
    setKeys(network, "ann", "conf", { a: "1", b: "1", c: "1" });
    network.run(1000);
    network.partition(["ann", "bob"], ["cyd", "dan", "eve"]);
    setKeys(network, "ann", "conf", { a: "left", c: "left" });
    network.run(1000);
    setKeys(network, "eve", "conf", { b: "right", c: "right" });
    network.run(1000);
    network.heal();
    network.run(minuteMs);
    const both = { a: "left", b: "right", c: "right" };
    assert.deepEqual(
      allOf(network, "conf"),
      five.map(() => both),
    );
  });

  test("a key that one side has removed is gone, and what it has made whole stays one", () => {
    const network = networkOf();
    setKeys(network, "ann", "conf", { a: "1" });
    network.run(1000);
    network.partition(["ann", "bob"], ["cyd", "dan", "eve"]);
    network.write("ann", `${collection}:conf`, "");
    network.run(1000);
    setKeys(network, "eve", "other", { a: "1" });
    network.run(1000);
    network.heal();
    network.run(minuteMs);
    assert.deepEqual(
      allOf(network, "conf"),
      five.map(() => undefined),
    );
    assert.deepEqual(
      allOf(network, "other"),
      five.map(() => ({ a: "1" })),
    );
  });

  test("the newer version stands whole where both together are not valid, and that is told", () => {
    const kinds = { ...anyKind, faults: () => ["data.a"] };
    const network = networkOf({ reunions: reunionsOf(kinds) });
    const told: string[] = [];
    network.performed = (name, effect) => {
      if (effect.kind === "disunited") told.push(`${name}: ${effect.fields.join()}`);
    };
    setKeys(network, "ann", "conf", { a: "1" });
    network.run(1000);
    network.partition(["ann", "bob"], ["cyd", "dan", "eve"]);
    setKeys(network, "ann", "conf", { a: "left" });
    network.run(1000);
    setKeys(network, "eve", "conf", { b: "right" });
    network.run(1000);
    network.heal();
    network.run(minuteMs);
    assert.deepEqual(
      allOf(network, "conf"),
      five.map(() => ({ a: "1", b: "right" })),
    );
    assert(told.length > 0 && told.every((line) => line.endsWith(": data.a")));
  });

  test("who follows and loses an older version hands it to a keeper first", () => {
    const names = [...five, "fay", "gus", "hal"];
    const network = networkOf({ names, replicas: 2 });
    setKeys(network, "ann", "conf", { a: "1", b: "1" });
    network.run(minuteMs);
    const keepers = network.registry("ann").keepersOf(collection);
    const side = names.filter((name) => !keepers.includes(name));
    network.partition(keepers, side);
    const [author = "", heir = ""] = network.registry(side[0] ?? "").keepersOf(collection);
    network.step(heir, { kind: "follow", collection });
    setKeys(network, author, "conf", { a: "side", b: "1" });
    network.run(1000);
    assert.deepEqual(dataOf(network.registry(heir), "conf"), { a: "side", b: "1" });
    setKeys(network, keepers[0] ?? "", "conf", { b: "keeper" });
    network.run(1000);
    // Who wrote it never comes back: only its heir on that side has it.
    network.silent.add(author);
    network.heal();
    for (const name of names)
      network.announce(
        name,
        names.filter((each) => each !== author),
      );
    network.run(minuteMs);
    for (const name of [...keepers, heir]) {
      assert.deepEqual(dataOf(network.registry(name), "conf"), { a: "side", b: "keeper" }, name);
    }
  });

  test("costs a bounded number of messages, and comes to rest", () => {
    const network = networkOf();
    setKeys(network, "ann", "conf", { a: "1" });
    network.run(1000);
    network.partition(["ann", "bob"], ["cyd", "dan", "eve"]);
    setKeys(network, "ann", "conf", { a: "left" });
    network.run(1000);
    setKeys(network, "eve", "conf", { b: "right" });
    network.run(1000);
    network.heal();
    network.run(minuteMs);
    const stamps = five.map(
      (name) => network.registry(name).get(collection, "conf", "spec")?.stamp,
    );
    assert.equal(new Set(stamps).size, 1);
    let written = 0;
    network.performed = (_, effect) => {
      if (effect.kind === "persist") written += effect.entries.length;
    };
    network.run(10 * minuteMs);
    assert.equal(written, 0, "nobody writes it again");
  });
});

interface Written {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly stamp: Stamp;
}

/** One random act: sides come and go, machines restart, anybody writes a key. */
function act(network: LossyNetwork, names: readonly PeerId[], round: number): Written | undefined {
  const { random } = network;
  const pick = (): PeerId => names[random.below(names.length)] ?? "";
  const dice = random.below(20);
  if (dice === 0) {
    const side = names.filter(() => random.below(2) === 0);
    network.partition(
      side,
      names.filter((name) => !side.includes(name)),
    );
  } else if (dice === 1) network.heal();
  else if (dice === 2) network.restart(pick());
  else if (dice === 3) network.step(pick(), { kind: "follow", collection });
  else {
    const [name, key] = [`conf-${random.below(3)}`, `key-${random.below(4)}`];
    const [value, on] = [String(round), pick()];
    // Who does not hold a map does not decide what is written to it.
    if (dataOf(network.registry(on), name) === undefined) return undefined;
    return { name, key, value, stamp: setKeys(network, on, name, { [key]: value }) };
  }
  return undefined;
}

/** The value of the newest write of each key. */
function newestOf(written: readonly Written[]): ReadonlyMap<string, Data> {
  const maps = new Map<string, Data>();
  for (const { name, key, value } of written.toSorted((a, b) => (a.stamp < b.stamp ? -1 : 1))) {
    maps.set(name, { ...maps.get(name), [key]: value });
  }
  return maps;
}

for (const [label, options] of [
  ["where all keep everything", { names: five }],
  ["where few of many keep it", { names: [...five, "fay", "gus", "hal"], replicas: 3 }],
] as const) {
  test(`no field is lost or older than it was, ${label}`, () => {
    let reunited = 0;
    for (let seed = 0; seed < seeds; seed += 1) {
      const network = networkOf({ seed, ...options });
      network.performed = (_, effect) => {
        if (effect.kind === "observe" && effect.event === "registry.reunited") reunited += 1;
      };
      const { names } = options;
      // The maps are there before the first cut: one that each side makes is another on each.
      const written = [0, 1, 2].map((index): Written => {
        const [name, key] = [`conf-${index}`, "key-0"];
        return { name, key, value: "", stamp: setKeys(network, "ann", name, { [key]: "" }) };
      });
      network.run(minuteMs);
      network.faults = { lossPerMille: 200, duplicatesPerMille: 200, latencyMsMax: 300 };
      for (let round = 0; round < 80; round += 1) {
        const write = act(network, names, round);
        if (write !== undefined) written.push(write);
        network.run(network.random.below(1500));
      }
      network.faults = noFaults;
      network.heal();
      network.run(6 * minuteMs);
      for (const [name, data] of newestOf(written)) {
        const keepers = network.registry("ann").keepersOf(collection);
        for (const keeper of keepers) {
          assert.deepEqual(dataOf(network.registry(keeper), name), data, `seed ${seed}: ${keeper}`);
        }
      }
    }
    assert(reunited > seeds, "the seeds leave something to bring together");
  });
}
