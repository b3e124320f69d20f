import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LossyNetwork } from "./lossy-network.test.ts";

const minuteMs = 60_000;
const podBody = JSON.stringify({ metadata: { uid: "u" }, spec: { padding: "x".repeat(1500) } });

/** Two machines that hold the same `count` pods, by way of one disk. */
function twins(count: number): LossyNetwork {
  const network = new LossyNetwork({ seed: 7, names: ["ann", "bob"] });
  network.partition(["ann"], ["bob"]);
  for (let index = 0; index < count; index += 1) {
    network.write("ann", `pods/default:web-${index}`, podBody);
  }
  const { disk } = network.machine("bob");
  for (const [key, entry] of network.machine("ann").disk) disk.set(key, entry);
  network.restart("bob", ["bob"]);
  return network;
}

describe("Repair", () => {
  test("costs as much as what differs, not as what is held", () => {
    const network = twins(10_000);
    for (let index = 0; index < 10; index += 1) {
      const name = index % 2 === 0 ? "ann" : "bob";
      network.write(name, `pods/default:web-${index * 997}`, `{"changed":${index}}`);
    }
    network.messages = 0;
    network.bytes = 0;
    network.heal();
    network.run(1000);
    assert.deepEqual(network.contents("ann"), network.contents("bob"));
    assert(network.messages <= 12, `${network.messages} messages`);
    assert(network.bytes <= 40_000, `${network.bytes} bytes`);
  });

  test("fills a machine that holds nothing, in batches of bounded size", () => {
    const network = new LossyNetwork({ seed: 3, names: ["ann", "bob"] });
    network.partition(["ann"], ["bob"]);
    for (let index = 0; index < 5000; index += 1) {
      network.write("ann", `pods/default:web-${index}`, podBody);
    }
    network.heal();
    network.messages = 0;
    network.bytes = 0;
    network.run(1000);
    assert.deepEqual(network.contents("ann"), network.contents("bob"));
    assert(network.bytes < 1.3 * 5000 * 2000, `${network.bytes} bytes`);
  });

  test("lets one peer at a time fill a large gap", () => {
    const names = ["ann", "bob", "cyd", "dan", "eve"];
    const network = new LossyNetwork({ seed: 3, names });
    network.partition(names.slice(0, 4), ["eve"]);
    for (let index = 0; index < 2000; index += 1) {
      network.write("ann", `pods/default:web-${index}`, podBody);
    }
    network.run(minuteMs);
    network.bytes = 0;
    network.heal();
    network.run(10_000);
    assert.deepEqual(network.contents("ann"), network.contents("eve"));
    assert(network.bytes < 1.5 * 2000 * 2000, `${network.bytes} bytes`);
  });

  test("compares many collections by parts", () => {
    const network = new LossyNetwork({ seed: 5, names: ["ann", "bob"] });
    for (let index = 0; index < 1000; index += 1) {
      network.write("ann", `pods/ns-${index}:web`, "{}");
    }
    network.run(1000);
    network.partition(["ann"], ["bob"]);
    network.write("ann", "pods/ns-500:web", '{"changed":1}');
    network.bytes = 0;
    network.heal();
    network.run(1000);
    assert.deepEqual(network.contents("ann"), network.contents("bob"));
    assert(network.bytes < 6000, `${network.bytes} bytes`);
  });

  test("costs one small message a pair and half minute when nothing differs", () => {
    const network = twins(1000);
    network.heal();
    network.run(minuteMs);
    network.messages = 0;
    network.bytes = 0;
    network.run(10 * minuteMs);
    assert(network.messages <= 40, `${network.messages} messages`);
    assert(network.bytes / network.messages < 100, `${network.bytes} bytes`);
  });
});
