import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Network, type NetworkOptions, networkDefaults, type Side } from "./network.ts";

function networkWith(options: Partial<NetworkOptions> = {}): Network {
  return new Network(seededRandom(1), { ...networkDefaults, ...options });
}

function sides(count: number): Side[] {
  return Array.from({ length: count }, () => ({ firstMask: 0, secondMask: 0 }));
}

describe("Network", () => {
  test("latency lies between its bounds, but for what is held back", () => {
    const network = networkWith();
    const held = networkWith({ reorderPerMille: 500, reorderMsMax: 1000 });
    let over = 0;
    for (let turn = 0; turn < 1000; turn += 1) {
      const ms = network.latencyMs();
      assert(ms >= 1 && ms <= 20);
      if (held.latencyMs() > 20) over += 1;
    }
    assert(over > 300 && over < 700);
  });

  test("loses and doubles as many as it should", () => {
    const network = networkWith({ lossPerMille: 100, duplicatePerMille: 200 });
    const copies = [0, 0, 0];
    for (let turn = 0; turn < 10_000; turn += 1) {
      const count = network.copies();
      copies[count] = (copies[count] ?? 0) + 1;
    }
    const [lost = 0, once = 0, twice = 0] = copies;
    assert(lost > 800 && lost < 1200, `${lost} lost`);
    assert(twice > 1500 && twice < 2100, `${twice} doubled`);
    assert(once > twice);
  });

  test("gossip takes more hops among more, and is lost only twice over", () => {
    const network = networkWith({ lossPerMille: 100 });
    const longest = (count: number): number =>
      Math.max(...Array.from({ length: 1000 }, () => network.gossipMs(count) ?? 0));
    assert(longest(3) <= 20);
    assert(longest(1000) > 40 && longest(1000) <= 80);
    const lost = Array.from({ length: 10_000 }, () => network.gossipMs(10)).filter(
      (ms) => ms === undefined,
    ).length;
    assert(lost > 50 && lost < 160, `${lost} lost of 10,000 at 10 % each way`);
    assert.equal(network.gossipCopies(3), 1);
  });

  test("a cut parts two groups both ways, and nobody else; each heals by its name", () => {
    const network = networkWith();
    const [a, b, c] = sides(3);
    assert(a && b && c);
    network.cut("one", [a], [b]);
    network.cut("two", [a], [c]);
    assert(network.isCut(a, b) && network.isCut(b, a) && network.isCut(c, a));
    assert(!network.isCut(b, c));
    network.heal("one", [a, b, c]);
    assert(!network.isCut(a, b) && network.isCut(a, c));
    network.heal("no such", [a, b, c]);
    assert.deepEqual(network.cutNames, ["two"]);
    assert.throws(() => network.cut("two", [a], [b]));
  });

  test("can get worse", () => {
    const network = networkWith();
    network.change({ lossPerMille: 1000 });
    assert.equal(network.copies(), 0);
  });
});
