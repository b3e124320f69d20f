/**
 * Golden traces: the stories of the protocol, as the messages and effects that they give. A change
 * of behaviour shows as a readable diff. Rewrite with `node --test --test-update-snapshots`.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { LossyNetwork, type NetworkOptions, noFaults } from "./lossy-network.test.ts";

const collection = "pods/default";
const yearMs = 365 * 86_400_000;

/** What happens in a mesh, line by line. */
class Trace {
  readonly network: LossyNetwork;
  readonly #lines: string[] = [];

  constructor(options: NetworkOptions) {
    this.network = new LossyNetwork(options);
    this.network.faults = { ...noFaults, latencyMsMax: 1 };
    this.network.performed = (name, effect) => this.#note(name, effect);
    this.network.heard = (from, to, message) =>
      this.#lines.push(`  ${this.network.at}: ${from} -> ${to} ${summary(message)}`);
  }

  say(line: string): void {
    this.#lines.push(`> ${line}`);
  }

  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #note(name: PeerId, effect: RegistryEffect): void {
    const line = describeEffect(effect);
    if (line !== undefined) this.#lines.push(`  ${this.network.at}: ${name} ${line}`);
  }
}

function describeEffect(effect: RegistryEffect): string | undefined {
  if (effect.kind === "persist") {
    return `persists ${effect.entries.map(({ name }) => name).join(", ")}`;
  }
  if (effect.kind === "changed") return `changes ${effect.entry.name} to ${effect.entry.body}`;
  if (effect.kind === "drop") return `drops ${effect.keys.length}`;
  if (effect.kind !== "acknowledged") return undefined;
  return `acknowledges ${effect.ticket}: ${effect.holders} of ${effect.of}`;
}

/** A message with entries by name, and hashes left out: they say nothing to a reader. */
function summary(message: Json): string {
  return JSON.stringify(message, (member, value: unknown) => {
    if (member === "t" || member === "f") return undefined;
    if (typeof value === "number") return plainNumber(member, value);
    if (typeof value === "string") return /^[0-9a-z]{16}$/u.test(value) ? "version" : value;
    const isEntry = typeof value === "object" && value !== null && "signature" in value;
    return isEntry && "name" in value ? value.name : value;
  });
}

function plainNumber(member: string, value: number): number | string {
  if (member === "e" && value !== 0) return "epoch";
  return value > 2 ** 33 ? "#" : value;
}

const three = { seed: 1, names: ["ann", "bob", "cyd"] };

const stories: Readonly<Record<string, () => string>> = {
  "write-with-three-keepers": () => {
    const trace = new Trace(three);
    trace.say("ann writes web");
    trace.network.write("ann", `${collection}:web`, '{"by":"ann"}', 1);
    trace.network.run(100);
    trace.say("bob writes web");
    trace.network.write("bob", `${collection}:web`, '{"by":"bob"}', 2);
    trace.network.run(100);
    trace.say("cyd deletes web");
    trace.network.write("cyd", `${collection}:web`, "", 3);
    trace.network.run(100);
    return trace.text;
  },
  "write-cut-off": () => {
    const trace = new Trace(three);
    trace.say("nobody hears ann, and she does not know it");
    trace.network.silent.add("ann");
    trace.network.write("ann", `${collection}:web`, '{"by":"ann"}', 1);
    trace.network.run(2000);
    trace.say("she is told that she is alone, and writes");
    trace.network.announce("ann", ["ann"]);
    trace.network.write("ann", `${collection}:db`, '{"by":"ann"}', 2);
    trace.network.run(100);
    trace.say("she is back");
    trace.network.silent.clear();
    trace.network.heal();
    trace.network.run(200);
    return trace.text;
  },
  "follower-resumes": () => {
    const names = ["ann", "bob", "cyd", "dan"];
    const trace = new Trace({ seed: 1, names, replicas: 1 });
    const { network } = trace;
    const [keeper = ""] = network.registry("ann").keepersOf(collection);
    const follower = names.find((name) => name !== keeper) ?? "";
    network.write(keeper, `${collection}:web`, "{}");
    network.run(100);
    trace.say(`${follower} follows what ${keeper} keeps`);
    network.step(follower, { kind: "follow", collection });
    network.run(1100);
    trace.say(`${follower} misses a change and hears of the next one`);
    network.silent.add(follower);
    network.write(keeper, `${collection}:web`, '{"missed":1}');
    network.run(100);
    network.silent.clear();
    network.write(keeper, `${collection}:web`, '{"missed":0}');
    network.run(300);
    trace.say(`${keeper} restarts: its log is another one`);
    network.restart(keeper);
    network.write(keeper, `${collection}:new`, "{}");
    network.step(follower, { kind: "disconnected", peer: keeper });
    network.step(follower, { kind: "connected", peer: keeper });
    network.run(1100);
    return trace.text;
  },
  "partition-heals": () => {
    const trace = new Trace(three);
    const { network } = trace;
    network.write("ann", `${collection}:both`, '{"by":"ann"}');
    network.run(100);
    trace.say("ann is cut off from bob and cyd; both sides write");
    network.partition(["ann"], ["bob", "cyd"]);
    network.write("ann", `${collection}:both`, '{"by":"ann, alone"}');
    network.run(10);
    network.write("bob", `${collection}:both`, '{"by":"bob"}');
    network.write("bob", `${collection}:bobs`, '{"by":"bob"}');
    network.run(100);
    trace.say("the partition heals");
    network.heal();
    network.run(3000);
    const [first] = [...network.contents("ann").values()].filter(({ name }) => name === "both");
    assert.equal(first?.body, '{"by":"bob"}');
    assert.deepEqual(network.contents("ann"), network.contents("cyd"));
    return trace.text;
  },
};

for (const [name, story] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    t.assert.fileSnapshot(story(), `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}

describe("Registry", () => {
  test("reads its own write at once, and keeps deletions", () => {
    const { network } = new Trace(three);
    const registry = network.registry("ann");
    network.write("ann", `${collection}:web`, "{}");
    assert.equal(registry.get(collection, "web", "spec")?.body, "{}");
    assert.deepEqual(registry.collections(), [collection]);
    network.write("ann", `${collection}:web`, "");
    assert.equal(registry.get(collection, "web", "spec")?.body, "");
    assert.equal(registry.list(collection).length, 1);
    assert.equal(registry.coverageOf(collection), "partly");
    network.run(10_000);
    assert.equal(registry.coverageOf(collection), "kept");
  });

  for (const years of [-30, -1, 1, 30]) {
    test(`lets a machine in whose clock is ${years} years off, with what it wrote alone`, () => {
      const names = ["ann", "bob", "cyd"];
      const clockErrorsMs = { cyd: years * yearMs };
      const network = new LossyNetwork({ seed: 1, names, clockErrorsMs });
      network.partition(["ann", "bob"], ["cyd"]);
      network.write("ann", `${collection}:anns`, "{}");
      network.write("cyd", `${collection}:cyds`, "{}");
      network.write("cyd", "nodes/-:cyd", "{}");
      network.run(1000);
      network.heal();
      network.run(120_000);
      assert.equal(network.contents("ann").size, 3);
      assert.deepEqual(network.contents("cyd"), network.contents("ann"));
      network.write("cyd", `${collection}:anns`, '{"by":"cyd"}');
      network.run(1000);
      const found = network.registry("bob").get(collection, "anns", "spec");
      assert.equal(found?.body, '{"by":"cyd"}', "its later write wins");
    });
  }

  test("wakes itself as often as it must, and no more when nothing happens", () => {
    const network = new LossyNetwork(three);
    network.write("ann", `${collection}:web`, "{}");
    network.run(60_000);
    let wakes = 0;
    network.performed = (_, { kind }) => {
      if (kind === "wake") wakes += 1;
    };
    network.run(600_000);
    assert(wakes < 200, `${wakes} wakes in ten minutes on three machines`);
  });
});
