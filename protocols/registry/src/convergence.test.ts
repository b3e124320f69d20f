/** Whatever the network does, machines that keep the same hold the same in the end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, entryKey, isJsonObject, type PeerId, parseJson } from "@beemesh/wire";
import { isNewer } from "./held.ts";
import { LossyNetwork, noFaults } from "./lossy-network.test.ts";

const minuteMs = 60_000;
const seeds = 60;

function assertEqual(network: LossyNetwork, label: string): number {
  const [first, ...others] = [...network.machines.keys()];
  const expected = network.contents(first ?? "");
  for (const name of others) {
    assert.deepEqual(network.contents(name), expected, `${label}: ${name} is like ${first}`);
  }
  for (const [name, { disk }] of network.machines) {
    assert.deepEqual(disk, network.contents(name), `${label}: disk of ${name} is like its memory`);
  }
  return expected.size;
}

test("registries converge after any loss, duplication, reordering and restart", () => {
  let entries = 0;
  for (let seed = 0; seed < seeds; seed += 1) {
    const names = ["ann", "bob", "cyd", "dan", "eve"].slice(0, 2 + (seed % 4));
    const network = new LossyNetwork({ seed, names });
    const { random } = network;
    network.faults = { lossPerMille: 400, duplicatesPerMille: 200, latencyMsMax: 900 };
    for (let round = 0; round < 40; round += 1) {
      const name = names[random.below(names.length)] ?? "";
      const namespace = random.below(3);
      const body = random.below(5) === 0 ? "" : `{"round":${round}}`;
      network.write(name, `pods/ns-${namespace}:web-${random.below(8)}`, body);
      if (random.below(15) === 0) network.restart(name);
      network.run(random.below(500));
    }
    network.faults = noFaults;
    network.run(2 * minuteMs);
    entries += assertEqual(network, `seed ${seed}`);
  }
  assert(entries > 10 * seeds, "the seeds leave something to compare");
});

test("two sides of a partition that wrote converge when it heals", () => {
  for (let seed = 0; seed < seeds; seed += 1) {
    const names = ["ann", "bob", "cyd", "dan", "eve"];
    const network = new LossyNetwork({ seed, names });
    const { random } = network;
    network.partition(["ann", "bob"], ["cyd", "dan", "eve"]);
    for (let round = 0; round < 60; round += 1) {
      const name = names[random.below(names.length)] ?? "";
      network.write(name, `pods/default:web-${random.below(20)}`, `{"round":${round}}`);
      network.run(random.below(200));
    }
    network.run(minuteMs);
    assert.notDeepEqual(network.contents("ann"), network.contents("cyd"));
    network.heal();
    network.run(10_000);
    assertEqual(network, `seed ${seed}`);
  }
});

/** The machine that a record is bound to, from the one member that this test writes. */
function boundTo({ body }: Entry): readonly PeerId[] {
  const json = parseJson(body);
  const machine = isJsonObject(json) ? json["on"] : undefined;
  return typeof machine === "string" ? [machine] : [];
}

/** One random act: members are cut off, restarted, come back; anybody writes anything. */
function act(network: LossyNetwork, names: readonly PeerId[], round: number): void {
  const { random } = network;
  const pick = (): PeerId => names[random.below(names.length)] ?? "";
  const dice = random.below(30);
  if (dice === 0) {
    const side = names.filter(() => random.below(2) === 0);
    network.partition(
      side,
      names.filter((name) => !side.includes(name)),
    );
  } else if (dice === 1) network.heal();
  else if (dice === 2) network.silent.add(pick());
  else if (dice === 3) network.silent.clear();
  else if (dice === 4) network.restart(pick());
  else if (dice === 5) network.step(pick(), { kind: "follow", collection: "pods/ns-0" });
  else {
    const body = random.below(6) === 0 ? "" : `{"round":${round},"on":"${pick()}"}`;
    network.write(pick(), `pods/ns-${random.below(4)}:web-${random.below(6)}`, body);
  }
}

test("few keepers of many machines lose nothing, and nobody else holds it in the end", () => {
  const names = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"];
  for (let seed = 0; seed < seeds; seed += 1) {
    const network = new LossyNetwork({ seed, names, replicas: 3, interested: boundTo });
    const newest = new Map<string, Entry>();
    network.performed = (_, effect) => {
      for (const entry of effect.kind === "persist" ? effect.entries : []) {
        const known = newest.get(entryKey(entry));
        if (known === undefined || isNewer(entry, known)) newest.set(entryKey(entry), entry);
      }
    };
    network.faults = { lossPerMille: 200, duplicatesPerMille: 200, latencyMsMax: 300 };
    for (let round = 0; round < 120; round += 1) {
      act(network, names, round);
      network.run(network.random.below(1500));
    }
    network.faults = noFaults;
    network.silent.clear();
    network.heal();
    for (const name of names) network.step(name, { kind: "unfollow", collection: "pods/ns-0" });
    network.run(6 * minuteMs);
    for (const name of names) {
      const registry = network.registry(name);
      const expected = [...newest].filter(
        ([, entry]) =>
          registry.keepersOf(entry.collection).includes(name) || boundTo(entry).includes(name),
      );
      assert.deepEqual(network.contents(name), new Map(expected), `seed ${seed}: ${name}`);
      assert.deepEqual(network.machine(name).disk, network.contents(name));
    }
  }
});
