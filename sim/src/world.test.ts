import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Now } from "@beemesh/base";
import { type Entry, formatStamp, type PeerId } from "@beemesh/wire";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { World, type WorldOptions } from "./world.ts";

/** A node that does what it is told, and notes what happens to it. */
class Puppet implements SimulatedNode {
  readonly boot: Boot;
  readonly heard: string[] = [];

  constructor(boot: Boot) {
    this.boot = boot;
  }

  step(event: NodeEvent, _now: Now): readonly NodeEffect[] {
    this.heard.push(describeEvent(event));
    return event.kind === "start" ? [{ kind: "subscribe", topic: "all" }] : [];
  }
}

function describeEvent(event: NodeEvent): string {
  if (event.kind === "link") {
    const { event: link } = event;
    if (link.kind === "message" || link.kind === "broadcast") {
      return `${link.from}: ${JSON.stringify(link.message)}`;
    }
    return `${link.kind} ${link.peer}`;
  }
  if (event.kind === "report") return event.report.kind;
  if (event.kind === "runtime") return event.event.kind;
  return event.kind;
}

function worldOf(ids: readonly PeerId[], options: WorldOptions = {}): World<Puppet> {
  const world = new World<Puppet>(1, options);
  for (const id of ids) world.addMachine(id, (boot) => new Puppet(boot));
  return world;
}

function tell(world: World<Puppet>, id: PeerId, ...effects: readonly NodeEffect[]): void {
  world.act(id, () => effects);
}

function heard(world: World<Puppet>, id: PeerId): readonly string[] {
  return world.node(id).heard.filter((line) => line !== "start" && line !== "found");
}

function entry(name: string): Entry {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const collection = "pods/default";
  return { collection, name, part: "spec", stamp, author: "ann", body: "{}", signature: "s" };
}

const hello = { kind: "send", to: "bob", message: "hello" } as const;

describe("World", () => {
  test("a message dials, connects both, arrives, and is counted", () => {
    const world = worldOf(["ann", "bob"]);
    tell(world, "ann", hello);
    world.run(100);
    assert.deepEqual(heard(world, "ann"), ["connected bob"]);
    assert.deepEqual(heard(world, "bob"), ["connected ann", 'ann: "hello"']);
    assert.equal(world.traffic("ann").sentBytes, '"hello"'.length);
    assert.equal(world.traffic("bob").receivedMessages, 1);
  });

  test("what is published reaches all who subscribed, but not the sender", () => {
    const world = worldOf(["ann", "bob", "cid"]);
    tell(world, "cid", { kind: "unsubscribe", topic: "all" });
    tell(world, "ann", { kind: "publish", topic: "all", message: 1 });
    world.run(100);
    assert.deepEqual(
      ["ann", "bob", "cid"].map((id) => heard(world, id)),
      [[], ["ann: 1"], []],
    );
  });

  test("a wake comes when the machine's own clock says so, not before", () => {
    const world = worldOf(["ann"]);
    const at = after(world.now("ann").at, 500);
    tell(world, "ann", { kind: "wake", at });
    world.run(499);
    assert.deepEqual(heard(world, "ann"), []);
    world.run(501);
    assert.deepEqual(heard(world, "ann"), ["tick"]);
    assert(world.now("ann").at >= at);
  });

  test("a program that ends resets its connections; without power they break in time", () => {
    const world = worldOf(["ann", "bob", "cid"]);
    tell(world, "ann", hello, { ...hello, to: "cid" });
    world.run(100);
    world.crash("bob");
    world.crash("cid", { power: true });
    world.run(1000);
    assert.deepEqual(heard(world, "ann").slice(2), ["disconnected bob"]);
    world.run(12_000);
    assert.deepEqual(heard(world, "ann").slice(2), ["disconnected bob", "disconnected cid"]);
    assert(!world.isUp("bob"));
  });

  test("a restarted machine has what its disk kept, and nothing of its former life", () => {
    const world = worldOf(["ann", "bob"]);
    const wake = { kind: "wake", at: after(world.now("bob").at, 300) } as const;
    const note = { kind: "note", name: "n", value: "v" } as const;
    tell(world, "bob", { kind: "persist", entries: [entry("a"), entry("b")] }, note, wake);
    tell(world, "bob", { kind: "drop", keys: ["pods/default\nb\nspec"] });
    world.crash("bob");
    world.run(100);
    world.restart("bob");
    world.run(1000);
    const { boot } = world.node("bob");
    assert.equal(boot.incarnation, 2);
    assert.equal(boot.notes.get("n"), "v");
    assert.deepEqual([...boot.entries], [entry("a")]);
    assert.deepEqual(world.node("bob").heard, ["start", "found"]);
  });

  test("a crash in the midst of its work leaves just what was performed before it", () => {
    for (const performed of [0, 1, 2]) {
      const world = worldOf(["ann", "bob"]);
      world.crashAfter("ann", performed);
      tell(world, "ann", { kind: "persist", entries: [entry("a")] }, hello, {
        kind: "persist",
        entries: [entry("b")],
      });
      world.run(100);
      assert.equal(world.isUp("ann"), false);
      assert.equal([...world.disk("ann").entries].length, Math.min(1, performed));
    }
  });

  test("a cut swallows messages, breaks connections in time, and heals", () => {
    const world = worldOf(["ann", "bob", "cid"]);
    tell(world, "ann", { kind: "remember", peer: "bob", addresses: [] });
    world.run(100);
    world.cut("c", ["ann"], ["bob"]);
    tell(world, "ann", hello, { ...hello, to: "cid" });
    world.run(1000);
    assert.deepEqual(heard(world, "bob"), ["connected ann"]);
    assert.equal(heard(world, "cid").length, 2, "others hear");
    world.run(11_000);
    assert.deepEqual(heard(world, "bob"), ["connected ann", "disconnected ann"]);
    world.heal("c");
    world.run(12_500);
    assert.equal(heard(world, "bob").at(-1), "connected ann", "who is remembered is redialled");
    tell(world, "ann", hello);
    world.run(13_000);
    assert.equal(heard(world, "bob").at(-1), 'ann: "hello"');
  });

  test("who is forgotten is not redialled", () => {
    const world = worldOf(["ann", "bob"]);
    tell(world, "ann", { kind: "remember", peer: "bob", addresses: [] });
    world.run(100);
    tell(world, "ann", { kind: "forget", peer: "bob" });
    world.crash("bob");
    world.run(200);
    world.restart("bob");
    world.run(5000);
    assert.deepEqual(heard(world, "bob"), []);
  });

  test("a machine that stands still hears everything afterwards, in order", () => {
    const world = worldOf(["ann", "bob"]);
    tell(world, "ann", hello);
    world.run(100);
    world.stall("bob", 1000);
    for (let turn = 0; turn < 5; turn += 1) {
      tell(world, "ann", { ...hello, message: turn });
      world.run(world.nowMs + 50);
    }
    world.run(1099);
    assert.equal(heard(world, "bob").length, 2);
    world.run(1100);
    assert.deepEqual(
      heard(world, "bob").slice(2),
      [0, 1, 2, 3, 4].map((n) => `ann: ${n}`),
    );
  });

  test("the runtime reports, and its pods outlive the daemon but not the power", () => {
    const world = worldOf(["ann"]);
    const plan = {
      uid: "u1",
      namespace: "default",
      name: "web",
      hostname: "web",
      labels: {},
      volumes: [],
      resolver: { nameservers: [], searches: [], options: [] },
      terminationGraceMs: 0,
    };
    tell(world, "ann", { kind: "runtime", command: { kind: "createPod", uid: "u1", plan } });
    world.run(500);
    assert.deepEqual(heard(world, "ann"), ["podCreated"]);
    world.crash("ann");
    world.restart("ann");
    assert.equal(world.runtime("ann").list().length, 1);
    world.killPod("ann", "u1");
    world.exitContainer("ann", "u1", "app", 1);
    world.run(600);
    assert.deepEqual(heard(world, "ann"), ["vanished"]);
  });

  test("clocks differ from machine to machine, and can be set", () => {
    const world = new World<Puppet>(1, { wallSkewMsMax: 5000 });
    for (const id of ["ann", "bob"]) world.addMachine(id, (boot) => new Puppet(boot));
    world.addMachine("cid", (boot) => new Puppet(boot), { wallSkewMs: 86_400_000 });
    assert.notEqual(world.now("ann").at, world.now("bob").at);
    const before = world.now("ann").wallMs;
    world.jumpWall("ann", 1000);
    assert.equal(world.now("ann").wallMs, before + 1000);
    assert(world.now("cid").wallMs - world.now("bob").wallMs > 86_000_000);
  });

  test("the scenario may take its turn, and everything can be watched", () => {
    const seen: string[] = [];
    const world = worldOf(["ann"], {
      watch: (id, effect, ms) => seen.push(`${ms} ${id} ${effect.kind}`),
    });
    world.after(50, () => tell(world, "ann", { kind: "machines" }));
    world.run(100);
    assert.deepEqual(seen, ["0 ann subscribe", "50 ann machines"]);
    assert.deepEqual(world.ids, ["ann"]);
    assert.equal(world.happened, 1);
  });
});
