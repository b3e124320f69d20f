import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PeerId } from "@beemesh/wire";
import { LossyNetwork, noFaults } from "./lossy-network.test.ts";

const names = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"];
const collection = "pods/default";

interface Cast {
  readonly network: LossyNetwork;
  readonly keepers: readonly PeerId[];
  readonly follower: PeerId;
}

/** Three keepers of one collection, and a follower among the others. */
function cast(seed = 1): Cast {
  const network = new LossyNetwork({ seed, names, replicas: 3 });
  const keepers = network.registry("ann").keepersOf(collection);
  const follower = names.find((name) => !keepers.includes(name)) ?? "";
  return { network, keepers, follower };
}

function subscriptions(network: LossyNetwork, kind: string): [PeerId, PeerId][] {
  const heard: [PeerId, PeerId][] = [];
  network.heard = (from, to, message) => {
    if (JSON.stringify(message).startsWith(`{"k":"${kind}"`)) heard.push([from, to]);
  };
  return heard;
}

describe("Following", () => {
  test("gives what there is, then every change, and says when it is complete", () => {
    const { network, keepers, follower } = cast();
    for (let index = 0; index < 300; index += 1) {
      network.write(keepers[0] ?? "", `${collection}:web-${index}`, "{}");
    }
    network.run(100);
    assert.equal(network.registry(follower).coverageOf(collection), "partly");
    network.step(follower, { kind: "follow", collection });
    network.run(3000);
    assert.equal(network.registry(follower).coverageOf(collection), "followed");
    assert.equal(network.contents(follower).size, 300);
    network.write(keepers[1] ?? "", `${collection}:late`, "{}");
    network.run(50);
    assert.equal(network.contents(follower).size, 301);
  });

  test("resumes at its position after lost changes, without another snapshot", () => {
    const { network, keepers, follower } = cast();
    network.write(keepers[0] ?? "", `${collection}:web`, "{}");
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    const starts = subscriptions(network, "r.start");
    network.partition(names.filter((name) => name !== follower));
    for (let index = 0; index < 5; index += 1) {
      network.write(keepers[0] ?? "", `${collection}:lost-${index}`, "{}");
    }
    network.run(100);
    assert.equal(network.contents(follower).size, 1);
    network.heal();
    network.run(60_000);
    assert.equal(network.contents(follower).size, 6);
    assert.deepEqual(starts, []);
  });

  test("notices a gap in the changes and asks again at once", () => {
    const { network, keepers, follower } = cast();
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    network.faults = { ...noFaults, lossPerMille: 1000 };
    network.write(keepers[0] ?? "", `${collection}:lost`, "{}");
    network.run(100);
    network.faults = noFaults;
    network.run(1000);
    network.write(keepers[0] ?? "", `${collection}:next`, "{}");
    network.run(1000);
    assert.equal(network.contents(follower).size, 2);
  });

  test("does not ask again for changes that overtook each other", () => {
    const { network, keepers, follower } = cast();
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    network.faults = { ...noFaults, latencyMsMax: 120 };
    const asked = subscriptions(network, "r.sub");
    for (let index = 0; index < 100; index += 1) {
      network.write(keepers[index % 3] ?? "", `${collection}:web-${index}`, "{}");
      network.run(20);
    }
    network.run(1000);
    assert.equal(network.contents(follower).size, 100);
    assert.deepEqual(asked, []);
  });

  test("starts anew when its position has left the log", () => {
    const { network, keepers, follower } = cast();
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    network.partition(names.filter((name) => name !== follower));
    for (let index = 0; index < 2000; index += 1) {
      network.write(keepers[0] ?? "", `${collection}:web-${index}`, "{}");
    }
    network.run(100);
    const starts = subscriptions(network, "r.start");
    network.heal();
    network.run(60_000);
    assert.equal(network.contents(follower).size, 2000);
    assert.equal(starts.length, 1);
  });

  test("moves to another keeper when its own dies", () => {
    const { network, keepers, follower } = cast();
    network.write(keepers[0] ?? "", `${collection}:web`, "{}");
    const asked = subscriptions(network, "r.sub");
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    const [, first = ""] = asked.at(-1) ?? [];
    const alive = names.filter((name) => name !== first);
    network.partition(alive);
    network.run(100);
    const [, second = ""] = asked.at(-1) ?? [];
    assert.notEqual(first, second);
    const writer = keepers.find((keeper) => keeper !== first) ?? "";
    network.write(writer, `${collection}:after`, "{}");
    network.run(1000);
    assert.equal(network.contents(follower).size, 2);
  });

  test("tries the next keeper when one does not answer, though it is said to live", () => {
    const { network, keepers, follower } = cast();
    network.write(keepers[0] ?? "", `${collection}:web`, "{}");
    network.run(100);
    const asked: PeerId[] = [];
    const [first = "", second = "", third = ""] = keepers;
    for (const keeper of keepers) network.silent.add(keeper);
    network.step(follower, { kind: "follow", collection });
    network.run(60_000);
    assert.equal(network.contents(follower).size, 0);
    network.silent.delete(network.random.below(2) === 0 ? first : third);
    network.heard = (_, to) => asked.push(to);
    network.run(60_000);
    assert.equal(network.contents(follower).size, 1);
    assert.equal(network.registry(follower).coverageOf(collection), "followed");
    assert(!asked.includes(second));
  });

  test("stops when unfollowed, and lets go of what others keep", () => {
    const { network, keepers, follower } = cast();
    network.write(keepers[0] ?? "", `${collection}:web`, "{}");
    network.step(follower, { kind: "follow", collection });
    network.run(2000);
    assert.equal(network.contents(follower).size, 1);
    network.step(follower, { kind: "unfollow", collection });
    network.run(10_000);
    assert.equal(network.contents(follower).size, 0);
    assert.equal(network.machine(follower).disk.size, 0);
    assert(network.machine(follower).done.some(({ kind }) => kind === "forgotten"));
    network.write(keepers[0] ?? "", `${collection}:web`, '{"again":true}');
    network.run(1000);
    assert.equal(network.contents(follower).size, 0);
  });

  test("is whole in the end whatever is lost", () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const { network, keepers, follower } = cast(seed);
      network.faults = { lossPerMille: 300, duplicatesPerMille: 200, latencyMsMax: 700 };
      network.step(follower, { kind: "follow", collection });
      for (let round = 0; round < 40; round += 1) {
        const writer = names[network.random.below(names.length)] ?? "";
        network.write(writer, `${collection}:web-${round % 9}`, `{"round":${round}}`);
        network.run(network.random.below(400));
      }
      network.faults = noFaults;
      network.run(120_000);
      const expected = network.contents(keepers[0] ?? "");
      assert.equal(expected.size, 9);
      assert.deepEqual(network.contents(follower), expected, `seed ${seed}`);
    }
  });
});
